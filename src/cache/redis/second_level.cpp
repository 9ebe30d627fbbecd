#include "cache/redis/second_level.hpp"

#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "cache/redis/record_codec.hpp"
#include "core/mutant.hpp"
#include "db/redis/subscriber.hpp"

namespace freshet::cache {

namespace asio = boost::asio;
using db::redis::Replies;
using db::redis::Reply;
using db::redis::Request;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t readable_key_max = 256;

std::string digest(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string prefix_of(const SecondLevelOptions& options) {
  return fmt::format("freshet:{}:{}:", options.app, mutant("l2_epochs_mixed") ? "" : digest(options.epoch));
}

/// As it is, for people, unless it is long.
std::string short_key(std::string_view key) {
  return key.size() <= readable_key_max ? std::string(key) : "#" + digest(key);
}

// In this order: another's record that comes in between has more time left than was read.
void add_lookup(Request& request, std::string_view name, bool has_ttl) {
  if (has_ttl) request.add("PTTL", name);
  request.add("GET", name);
}

}  // namespace

struct SecondLevel::Inside {
  /// Outlives the rest for as long as Redis has puts to confirm.
  struct Counters {
    std::atomic<std::uint64_t> hits{0}, misses{0}, corrupt{0}, failures{0};
    std::atomic<std::uint64_t> puts{0}, puts_failed{0}, puts_dropped{0}, puts_too_large{0};
    std::atomic<std::uint64_t> bytes_read{0}, bytes_written{0};
    std::atomic<std::size_t> puts_now{0}, put_bytes_now{0};
  };

  /// A put on its way: counted as long as it lives.
  struct Put {
    Put(std::shared_ptr<Counters> of, std::size_t size) : counters(std::move(of)), bytes(size) {
      ++counters->puts_now;
      counters->put_bytes_now += bytes;
    }
    ~Put() {
      --counters->puts_now;
      counters->put_bytes_now -= bytes;
    }
    Put(const Put&) = delete;
    Put& operator=(const Put&) = delete;

    const std::shared_ptr<Counters> counters;
    const std::size_t bytes;
  };

  Inside(db::redis::Client& to, SecondLevelOptions given)
      : client(to),
        options(std::move(given)),
        prefix(prefix_of(options)),
        codec(options.record_bytes_max),
        leases(LeaseBook::open(client, prefix + "released", options.lease)),
        subscriber(client, prefix + "released", [book = leases](std::string_view name) { book->ring(name); }) {}

  [[nodiscard]] bool has_room(std::size_t bytes) const noexcept {
    return count->puts_now < options.puts_max && count->put_bytes_now + bytes <= options.put_bytes_max;
  }
  [[nodiscard]] std::optional<FoundRecord> read(std::string_view key, bool has_ttl, const Reply* replies);
  void write(const std::string& name, const Record& record, milliseconds ttl, const std::shared_ptr<Put>& put);

  db::redis::Client& client;
  const SecondLevelOptions options;
  const std::string prefix;
  RecordCodec codec;
  const std::shared_ptr<Counters> count = std::make_shared<Counters>();
  const std::shared_ptr<LeaseBook> leases;
  const db::redis::Subscriber subscriber;
  asio::thread_pool writer{1};  // packs what is put: not on a thread that answers
};

/// `replies`: to add_lookup()'s commands.
std::optional<FoundRecord> SecondLevel::Inside::read(std::string_view key, bool has_ttl, const Reply* replies) {
  const Reply& got = replies[has_ttl ? 1 : 0];
  if (!got.is_string()) return std::nullopt;
  count->bytes_read += got.text.size();
  std::optional<Record> record = codec.decode(got.text);
  if (!record || (record->key != key && !mutant("l2_key_not_compared"))) {
    ++count->corrupt;
    return std::nullopt;
  }
  FoundRecord found;
  found.record = *std::move(record);
  found.fingerprint = RecordCodec::fingerprint(got.text);
  if (has_ttl) {
    found.left = milliseconds(replies[0].integer);
    if (*found.left <= milliseconds(0)) return std::nullopt;  // it came, or ended, between the two
  }
  return found;
}

SecondLevel::SecondLevel(db::redis::Client& client, SecondLevelOptions options)
    : client_(client), inside_(std::make_unique<Inside>(client, std::move(options))) {}

SecondLevel::~SecondLevel() { inside_->writer.join(); }

std::string SecondLevel::record_name(std::string_view key) const { return inside_->prefix + "a:" + short_key(key); }
std::string SecondLevel::lease_name(std::string_view key) const { return inside_->prefix + "l:" + short_key(key); }

asio::awaitable<std::optional<FoundRecord>> SecondLevel::get(std::string_view key, bool has_ttl) {
  if (!client_.available()) co_return std::nullopt;
  Request request;
  add_lookup(request, record_name(key), has_ttl);
  const Expected<Replies> replies = co_await client_.ask(std::move(request));
  std::optional<FoundRecord> found;
  if (replies) {
    found = inside_->read(key, has_ttl, replies->data());
  } else {
    ++inside_->count->failures;
  }
  ++(found ? inside_->count->hits : inside_->count->misses);
  co_return found;
}

asio::awaitable<Turn> SecondLevel::take_turn(std::string_view key, bool has_ttl, std::uint64_t seen) {
  Turn turn;
  if (!client_.available()) co_return turn;
  const std::shared_ptr<LeaseBook> book = inside_->leases;
  const std::string name = lease_name(key);
  const std::string token = book->new_token();
  Bell bell(book, name);  // before the first attempt: a release after it is heard
  const auto end = std::chrono::steady_clock::now() + book->options().wait_max;
  for (bool waited = false;; waited = true) {
    Request request;
    book->add_attempt(request, name, token);
    add_lookup(request, record_name(key), has_ttl);
    const Expected<Replies> replies = co_await client_.ask(std::move(request));
    if (replies && replies->front().is_ok()) turn.lease = book->hold(name, token);
    if (replies) turn.found = inside_->read(key, has_ttl, replies->data() + 1);
    if (turn.found && turn.found->fingerprint == seen) turn.found.reset();
    const auto left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    const bool in_vain = !replies || replies->front().is_error() || left <= milliseconds(0);
    if (turn.found || turn.lease.held() || in_vain) {
      if (waited) book->count_wait(!turn.found && !turn.lease.held());
      co_return turn;
    }
    co_await bell.wait(std::min(left, book->options().poll));
  }
}

void SecondLevel::put(Record record, std::optional<milliseconds> ttl, Lease lease) {
  const std::size_t size = record.body.size() + record.head_lines.size() + record.key.size() + record.stamp.size();
  const milliseconds time = std::min(ttl.value_or(inside_->options.ttl_max), inside_->options.ttl_max);
  if (size > inside_->options.record_bytes_max) {
    ++inside_->count->puts_too_large;
    return;
  }
  if (!client_.available() || !inside_->has_room(size) || time <= milliseconds(0)) {
    ++inside_->count->puts_dropped;
    return;
  }
  auto counted = std::make_shared<Inside::Put>(inside_->count, size);
  asio::post(inside_->writer,
             [this, put = std::move(counted), record = std::move(record), time, held = std::move(lease)]() mutable {
               inside_->write(record_name(record.key), record, time, put);
               held.release();  // behind it, on the same connection
             });
}

void SecondLevel::Inside::write(const std::string& name, const Record& record, milliseconds ttl,
                                const std::shared_ptr<Put>& put) {
  const std::optional<std::string> bytes = codec.encode(record);
  if (!bytes) {
    ++count->puts_too_large;
    return;
  }
  const bool told =
      client.tell(Request("SET", name, *bytes, "PX", ttl.count()), [put](const Expected<Replies>& replies) {
        const bool kept = replies && replies->front().is_ok();
        ++(kept ? put->counters->puts : put->counters->puts_failed);
      });
  if (told) {
    count->bytes_written += bytes->size();
  } else {
    ++count->puts_dropped;
  }
}

SecondLevelFigures SecondLevel::figures() const {
  SecondLevelFigures figures;
  const Inside::Counters& count = *inside_->count;
  figures.hits = count.hits;
  figures.misses = count.misses;
  figures.corrupt = count.corrupt;
  figures.failures = count.failures;
  figures.puts = count.puts;
  figures.puts_failed = count.puts_failed;
  figures.puts_dropped = count.puts_dropped;
  figures.puts_too_large = count.puts_too_large;
  figures.bytes_read = count.bytes_read;
  figures.bytes_written = count.bytes_written;
  figures.leases = inside_->leases->figures();
  return figures;
}

}  // namespace freshet::cache
