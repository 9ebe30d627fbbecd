// Hit ratios: the policies alone on keys of one size, and on two traces; the whole store, with real entries, by bytes.
#include <cstdio>
#include <functional>
#include <list>
#include <unordered_map>

#include "cache/s3_fifo.hpp"
#include "cache/w_tiny_lfu.hpp"

#include "entries.hpp"
#include "parts.hpp"
#include "traces.hpp"

namespace freshet::bench {
namespace {

struct Ratio {
  std::size_t hits = 0, asked = 0;
  [[nodiscard]] double percent() const { return 100.0 * static_cast<double>(hits) / static_cast<double>(asked); }
};

/// What a request for a key of that size is: a hit?
using Request = std::function<bool(std::uint32_t key, std::size_t size)>;

/// A plain list, moved to the front on a hit (LRU) or not (FIFO).
class PlainList {
 public:
  PlainList(std::size_t room, bool lru) : room_(room), lru_(lru) {}
  bool operator()(std::uint32_t key, std::size_t size) {
    if (const auto found = index_.find(key); found != index_.end()) {
      if (lru_) order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    order_.push_front({key, size});
    index_[key] = order_.begin();
    used_ += size;
    while (used_ > room_) {
      used_ -= order_.back().second;
      index_.erase(order_.back().first);
      order_.pop_back();
    }
    return false;
  }

 private:
  using Order = std::list<std::pair<std::uint32_t, std::size_t>>;
  const std::size_t room_;
  const bool lru_;
  std::size_t used_ = 0;
  Order order_;
  std::unordered_map<std::uint32_t, Order::iterator> index_;
};

/// A policy of the store, driven as a shard drives it, with sizes as given and nothing else counted.
class PolicyAlone {
 public:
  PolicyAlone(std::size_t room, cache::PolicyMaker make) : room_(room), policy_(make(room)) {}
  ~PolicyAlone() {
    for (auto& [key, node] : nodes_) policy_->forget(*node);
  }
  bool operator()(std::uint32_t key, std::size_t size) {
    if (const auto found = nodes_.find(key); found != nodes_.end()) {
      found->second->entry->count_hit();
      return true;
    }
    auto node = std::make_unique<cache::Node>(entry_of(table_, route_, "", 0, {}));
    node->hash = (key + std::uint64_t{1}) * 0x9E3779B97F4A7C15U;
    node->hash ^= node->hash >> 32U;
    node->bytes = size;
    key_of_[node.get()] = key;
    policy_->admit(*node);
    nodes_[key] = std::move(node);
    used_ += size;
    while (used_ > room_) {
      cache::Node* const gone = policy_->evict(now);
      used_ -= gone->bytes;
      const auto known = key_of_.find(gone);
      const std::uint32_t old = known->second;
      key_of_.erase(known);
      nodes_.erase(old);
    }
    return false;
  }

 private:
  const std::size_t room_;
  feed::TagTable table_;
  std::shared_ptr<cache::Route> route_ = std::make_shared<cache::Route>("/r", 0);
  std::unique_ptr<cache::Policy> policy_;
  std::size_t used_ = 0;
  std::unordered_map<std::uint32_t, std::unique_ptr<cache::Node>> nodes_;
  std::unordered_map<cache::Node*, std::uint32_t> key_of_;
};

/// The store as it is served from: real entries, real bytes, its own overhead within the bound.
class WholeStore {
 public:
  WholeStore(std::size_t bytes_max, cache::PolicyMaker make) : store_(options(bytes_max, make)) {}
  bool operator()(std::uint32_t key, std::size_t size) {
    std::string name = "r:k=" + std::to_string(key);
    if (store_.find(name, *route_, now) != nullptr) return true;
    store_.put(entry_of(table_, route_, std::move(name), size, {"t"}), now);
    return false;
  }

 private:
  static cache::StoreOptions options(std::size_t bytes_max, cache::PolicyMaker make) {
    cache::StoreOptions options;
    options.bytes_max = bytes_max;
    options.policy = make;
    return options;
  }
  feed::TagTable table_;
  cache::Store store_;
  std::shared_ptr<cache::Route> route_ = store_.route("/r");
};

/// Of keys below `counted`, once the first fifth has warmed it up.
template <class Cache, class... Arguments>
double replay(const Trace& trace, const std::vector<std::uint32_t>& sizes, std::uint32_t counted,
              Arguments... arguments) {
  const auto cache = std::make_unique<Cache>(arguments...);
  Ratio ratio;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const std::uint32_t key = trace[i];
    const bool hit = (*cache)(key, sizes.empty() ? 1 : sizes[key % sizes.size()]);
    if (i < trace.size() / 5 || key >= counted) continue;
    ++ratio.asked;
    ratio.hits += hit ? 1U : 0U;
  }
  return ratio.percent();
}

struct Rival {
  const char* name;
  cache::PolicyMaker make;
};
constexpr Rival rivals[] = {{"S3-FIFO >1", &cache::S3Fifo::make_strict},
                            {"S3-FIFO >0", &cache::S3Fifo::make},
                            {"W-TinyLFU", &cache::WTinyLfu::make}};

void heading(const char* what) {
  std::printf("%s\n  %-34s %8s %8s", what, "requests, room", "FIFO", "LRU");
  for (const Rival& rival : rivals) std::printf(" %11s", rival.name);
  std::printf("\n");
}

template <class Cache>
void line(const std::string& name, const Trace& trace, const std::vector<std::uint32_t>& sizes, std::uint32_t counted,
          std::size_t room) {
  std::printf("  %-34s %8.2f %8.2f", name.c_str(), replay<PlainList>(trace, sizes, counted, room, false),
              replay<PlainList>(trace, sizes, counted, room, true));
  for (const Rival& rival : rivals) std::printf(" %11.2f", replay<Cache>(trace, sizes, counted, room, rival.make));
  std::printf("\n");
  std::fflush(stdout);
}

constexpr std::uint32_t all = 0xFFFF'FFFFU;

void of_one_size(bool smoke) {
  const std::size_t keys = 10'000, requests = smoke ? 20'000 : 2'000'000;
  heading("hit ratio in %, 10,000 keys of one size");
  for (const double skew : {0.9, 1.0}) {
    const Trace trace = zipf(keys, requests, skew);
    for (const double share : {0.005, 0.01, 0.1}) {
      char name[64];
      std::snprintf(name, sizeof(name), "Zipf %.1f, %.1f %%", skew, share * 100);
      line<PolicyAlone>(name, trace, {}, all, static_cast<std::size_t>(static_cast<double>(keys) * share));
    }
  }
}

void of_traces(bool smoke) {
  const std::size_t requests = smoke ? 20'000 : 2'000'000;
  heading("hit ratio in %, traces of one size");
  const Trace web_trace = web(requests), database_trace = database(requests);
  for (const std::size_t room : {1'000, 5'000, 20'000}) {
    line<PolicyAlone>("web, " + std::to_string(room), web_trace, {}, all, room);
  }
  for (const std::size_t room : {1'000, 5'000, 20'000}) {
    line<PolicyAlone>("database, " + std::to_string(room), database_trace, {}, all, room);
  }
}

void by_bytes(bool smoke) {
  const std::size_t keys = smoke ? 2'000 : 100'000, requests = smoke ? 20'000 : 2'000'000;
  const std::vector<std::uint32_t> sizes = sizes_of(keys);
  std::size_t total = 0;
  for (const std::uint32_t size : sizes) total += size;
  heading("hit ratio in %, the whole store by bytes, answers of 200 B to 64 KB");
  const auto of = [&](const char* name, const Trace& trace, double share) {
    line<WholeStore>(name, trace, sizes, static_cast<std::uint32_t>(keys),
                     static_cast<std::size_t>(static_cast<double>(total) * share));
  };
  const Trace steep = zipf(keys, requests, 1.0);
  of("Zipf 1.0, 1 %", steep, 0.01);
  of("Zipf 1.0, 1 %, and a scan", with_scan(steep, static_cast<std::uint32_t>(keys)), 0.01);
  of("Zipf 1.0, 10 %", steep, 0.1);
  of("Zipf 0.9, 10 %", zipf(keys, requests, 0.9), 0.1);
}

}  // namespace

void hit_ratios(bool smoke) {
  of_one_size(smoke);
  of_traces(smoke);
  by_bytes(smoke);
}

}  // namespace freshet::bench
