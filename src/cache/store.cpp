#include "cache/store.hpp"

#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <utility>

#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "cache/heap.hpp"
#include "cache/index.hpp"

namespace freshet::cache {
namespace {

std::uint64_t hash_of(std::string_view text) noexcept { return XXH3_64bits(text.data(), text.size()); }

struct TextHash {
  using is_avalanching = void;
  std::size_t operator()(std::string_view text) const noexcept { return hash_of(text); }
};

using RouteList =
    boost::intrusive::list<Node,
                           boost::intrusive::member_hook<Node, boost::intrusive::list_member_hook<>, &Node::in_route>>;

std::size_t choose_shards(const StoreOptions& options) noexcept {
  if (options.shards != 0) return std::bit_ceil(options.shards);
  // Below some megabytes a shard is a poor sample of what is asked for, and too small for large answers.
  return std::clamp<std::size_t>(std::bit_floor(options.bytes_max >> 22U), 1, 16);
}

std::size_t node_bytes(const Node& node) noexcept {
  std::size_t sum = heap_bytes(static_cast<const void*>(&node)) + node.entry->bytes();
  if (!node.aliases.empty()) sum += heap_bytes(static_cast<const void*>(node.aliases.data()));
  // The alias shard's map has a place for each; it is charged here, where it can be made room for.
  constexpr std::size_t place = 2 * (sizeof(std::pair<std::string_view, EntryPtr>) + 2);
  for (const std::string& alias : node.aliases) sum += heap_bytes(alias) + place;
  return sum;
}

// What a successor says of the answer before it. Those that a tag killed say nothing: tags know when things change.
void learn(const Entry& before, const Entry& after) {
  if (before.expiry() == Clock::time_point::max() || after.created() <= before.created()) return;
  if (!before.stamp().holds()) return;
  const bool changed = before.status() != after.status() ||
                       before.body(Coding::identity)->view() != after.body(Coding::identity)->view();
  after.route().changes.observe(after.created() - before.created(), changed);
}

}  // namespace

struct Store::Shard {
  mutable std::mutex mutex;
  // Keys look into the entries. Guarded by mutex, as all below.
  boost::unordered_flat_map<std::string_view, std::unique_ptr<Node>, TextHash> index;
  std::unique_ptr<Policy> policy;
  std::vector<std::unique_ptr<RouteList>> routes;  // by Route::index, oldest first
  std::size_t bytes = 0;                           // of nodes
  const feed::TagTable* tags = nullptr;            // those of the entries
  const BodyArena& arena;                          // of their bodies
  const std::size_t shards;                        // all pay the same for tags and waste, whoever's; at their next put

  Shard(std::size_t of, const BodyArena& bodies) noexcept : arena(bodies), shards(of) {}
  [[nodiscard]] std::size_t all_bytes() const {
    const std::size_t shared = (tags == nullptr ? 0 : tags->bytes()) + arena.waste();
    return bytes + index_bytes(index) + policy->heap_bytes() + shared / shards;
  }
  [[nodiscard]] RouteList& list(const Route& route) {
    while (routes.size() <= route.index) routes.push_back(std::make_unique<RouteList>());
    return *routes[route.index];
  }
  ~Shard() {
    policy.reset();  // its queues, and the lists, must let go of nodes before these die
    for (const auto& list : routes) list->clear();
  }
};

// Locked after a Shard, never before.
struct Store::AliasShard {
  mutable std::mutex mutex;
  boost::unordered_flat_map<std::string_view, EntryPtr, TextHash> index;  // keys look into Node::aliases
};

Store::Store(StoreOptions options)
    : options_(options),
      shard_bytes_max_(options.bytes_max / choose_shards(options)),
      hot_targets_(options.hot_targets),
      arena_(std::make_shared<BodyArena>(options.bytes_max * 4)) {
  const std::size_t shards = choose_shards(options);
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(shards, *arena_));
    shards_.back()->policy = options.policy(shard_bytes_max_);
    alias_shards_.push_back(std::make_unique<AliasShard>());
  }
}

Store::~Store() = default;

std::shared_ptr<Route> Store::route(std::string_view name, std::size_t bytes_max) {
  const std::lock_guard lock(routes_mutex_);
  const auto known =
      std::find_if(routes_.begin(), routes_.end(), [&](const auto& route) { return route->name == name; });
  std::shared_ptr<Route> route =
      known != routes_.end() ? *known
                             : routes_.emplace_back(std::make_shared<Route>(std::string(name), routes_.size(), arena_));
  route->bytes_max.store(bytes_max, std::memory_order_relaxed);
  return route;
}

// The map uses the low bits and the high ones of a hash; these are neither.
std::size_t Store::shard_index(std::uint64_t hash) const noexcept { return (hash >> 24U) & (shards_.size() - 1); }
Store::Shard& Store::shard(std::uint64_t hash) const noexcept { return *shards_[shard_index(hash)]; }
Store::AliasShard& Store::alias_shard(std::uint64_t hash) const noexcept { return *alias_shards_[shard_index(hash)]; }

EntryPtr Store::look(std::string_view key) const {
  const Shard& owner = shard(hash_of(key));
  const std::lock_guard lock(owner.mutex);
  const auto found = owner.index.find(key);
  return found == owner.index.end() ? nullptr : found->second->entry;
}

EntryPtr Store::look_for_alias(std::string_view target, std::uint64_t hash) const {
  const AliasShard& owner = alias_shard(hash);
  const std::lock_guard lock(owner.mutex);
  const auto found = owner.index.find(target);
  return found == owner.index.end() ? nullptr : found->second;
}

EntryPtr Store::find(std::string_view key, Route& route, Clock::time_point now) {
  Found found = find_or_stale(key, route, now, false);
  return std::move(found.entry);
}

Found Store::find_or_stale(std::string_view key, Route& route, Clock::time_point now) {
  return find_or_stale(key, route, now, true);
}

Found Store::find_or_stale(std::string_view key, Route& route, Clock::time_point now, bool stale_will_do) {
  Found found;
  EntryPtr entry = look(key);
  const Freshness freshness = entry == nullptr ? Freshness::dead : entry->freshness(now);
  if (freshness == Freshness::fresh || (freshness == Freshness::stale && stale_will_do)) {
    found.stale = freshness == Freshness::stale;
    found.refresh = found.stale && entry->begin_refresh(now);
    entry->count_hit();
    (found.stale ? route.stale : route.hits).fetch_add(1, std::memory_order_relaxed);
    found.entry = std::move(entry);
    return found;
  }
  if (entry != nullptr) drop_changed(entry);
  route.misses.fetch_add(1, std::memory_order_relaxed);
  return found;
}

EntryPtr Store::find_alias(std::string_view target, Clock::time_point now) {
  EntryPtr entry = look_for_alias(target, hash_of(target));
  if (entry == nullptr) return nullptr;
  if (!entry->alive(now)) {
    drop_changed(entry);
    return nullptr;
  }
  return entry;
}

void Store::note_hit(std::string_view target, const Entry& entry) noexcept {
  if (const std::uint32_t weight = HotTargets::weight(entry.count_hit()); weight != 0) {
    hot_targets_.note(target, hash_of(target), weight);
  }
  entry.route().hits.fetch_add(1, std::memory_order_relaxed);
}

bool Store::has_alias(std::string_view target, Clock::time_point now) const {
  const EntryPtr entry = look_for_alias(target, hash_of(target));
  return entry != nullptr && entry->alive(now);
}

// Whose time is over, and nothing else, stays until its successor comes, which tells whether it had changed, or until
// room is needed.
void Store::drop_changed(const EntryPtr& entry) {
  if (entry->stamp().holds()) return;
  std::unique_ptr<Node> gone;
  Shard& owner = shard(hash_of(entry->key()));
  const std::lock_guard lock(owner.mutex);
  const auto found = owner.index.find(entry->key());
  // Somebody may have put a fresh one meanwhile.
  if (found == owner.index.end() || found->second->entry != entry) return;
  gone = take(owner, *found->second);
  entry->route().dead.fetch_add(1, std::memory_order_relaxed);
}

bool Store::fits(std::size_t bytes, const Route& route) const noexcept {
  return bytes <= shard_bytes_max_ / 4 && bytes <= route.bytes_max.load(std::memory_order_relaxed);
}

Put Store::admissible(const Shard& owner, const Entry& entry, std::size_t bytes, Clock::time_point now) const {
  if (!fits(bytes, entry.route())) return Put::too_large;
  if (!entry.alive(now)) return Put::dead;
  const auto before = owner.index.find(entry.key());
  if (before == owner.index.end()) return Put::kept;
  const Entry& there = *before->second->entry;
  const bool later = there.stamp().position() > entry.stamp().position() ||
                     (there.stamp().position() == entry.stamp().position() && there.created() > entry.created());
  return later && there.alive(now) ? Put::older : Put::kept;
}

Put Store::put(const EntryPtr& entry, Clock::time_point now) {
  Route& route = entry->route();
  auto node = std::make_unique<Node>(entry);
  node->hash = hash_of(entry->key());
  node->bytes = node_bytes(*node);
  const std::uint64_t hash = node->hash;
  const std::size_t bytes = node->bytes;
  Put answer = Put::kept;
  EntryPtr before;
  {
    Gone gone;
    Shard& owner = shard(hash);
    const std::lock_guard lock(owner.mutex);
    answer = admissible(owner, *entry, bytes, now);
    if (answer == Put::kept) {
      if (const auto there = owner.index.find(entry->key()); there != owner.index.end()) {
        before = there->second->entry;
        gone.push_back(take(owner, *there->second));
        node->aliases = std::move(gone.back()->aliases);
        node->bytes = node_bytes(*node);
      }
      insert(owner, std::move(node));
      make_room(owner, now, gone);
    }
  }
  if (answer == Put::too_large) route.fills_refused.fetch_add(1, std::memory_order_relaxed);
  if (answer == Put::kept) {
    route.fills.fetch_add(1, std::memory_order_relaxed);
    make_room_in_route(route, hash, now);
  }
  if (before != nullptr) learn(*before, *entry);
  return answer;
}

void Store::insert(Shard& owner, std::unique_ptr<Node> node) {
  Node& placed = *node;
  Route& route = placed.entry->route();
  owner.index.emplace(placed.entry->key(), std::move(node));
  owner.policy->admit(placed);
  owner.list(route).push_back(placed);
  owner.bytes += placed.bytes;
  route.bytes.fetch_add(placed.bytes, std::memory_order_relaxed);
  route.entries.fetch_add(1, std::memory_order_relaxed);
  if (owner.tags == nullptr) owner.tags = &placed.entry->stamp().table();
  for (const std::string& alias : placed.aliases) point_alias(alias, placed.entry);
}

// The node holds more than it did.
void Store::grow(Shard& owner, Node& node) {
  const std::size_t bytes = node_bytes(node);
  const std::size_t more = bytes - node.bytes;
  owner.policy->grown(node, more);
  node.bytes = bytes;
  owner.bytes += more;
  node.entry->route().bytes.fetch_add(more, std::memory_order_relaxed);
}

// Out of the index, the policy, the route's list and the aliases.
std::unique_ptr<Node> Store::take(Shard& owner, Node& node) {
  if (node.in_queue.is_linked()) owner.policy->forget(node);
  Route& route = node.entry->route();
  RouteList& list = owner.list(route);
  list.erase(list.iterator_to(node));
  owner.bytes -= node.bytes;
  route.bytes.fetch_sub(node.bytes, std::memory_order_relaxed);
  route.entries.fetch_sub(1, std::memory_order_relaxed);
  drop_aliases(node);
  const auto found = owner.index.find(node.entry->key());
  std::unique_ptr<Node> taken = std::move(found->second);
  owner.index.erase(found);
  return taken;
}

void Store::make_room(Shard& owner, Clock::time_point now, Gone& gone) {
  while (owner.all_bytes() > shard_bytes_max_) {
    Node* const node = owner.policy->evict(now);
    if (node == nullptr) return;
    Route& route = node->entry->route();
    (node->entry->freshness(now) != Freshness::dead ? route.evictions : route.dead)
        .fetch_add(1, std::memory_order_relaxed);
    gone.push_back(take(owner, *node));
  }
}

// Oldest first, shard after shard; the one that has just grown comes last, or a newcomer that is alone there would go
// at once, and what is old elsewhere stay for ever. Who was asked for since gets another round, unless the whole route
// was.
void Store::make_room_in_route(Route& route, std::uint64_t hash, Clock::time_point now) {
  const auto over = [&route] {
    return route.bytes.load(std::memory_order_relaxed) > route.bytes_max.load(std::memory_order_relaxed);
  };
  for (std::size_t i = 1; over() && i <= shards_.size(); ++i) {
    Gone gone;
    Shard& owner = *shards_[(shard_index(hash) + i) & (shards_.size() - 1)];
    const std::lock_guard lock(owner.mutex);
    RouteList& list = owner.list(route);
    for (std::size_t rounds = list.size(); over() && !list.empty();) {
      Node& oldest = list.front();
      const std::uint32_t hits = oldest.entry->hits();
      const bool asked_for = std::exchange(oldest.seen_hits_in_route, hits) != hits;
      if (asked_for && rounds != 0 && oldest.entry->freshness(now) != Freshness::dead) {
        --rounds;
        list.splice(list.end(), list, list.begin());
        continue;
      }
      route.evictions.fetch_add(1, std::memory_order_relaxed);
      gone.push_back(take(owner, oldest));
    }
  }
}

bool Store::add_alias(std::string_view target, const EntryPtr& entry) {
  const std::uint64_t hash = hash_of(entry->key());
  {
    Gone gone;
    Shard& owner = shard(hash);
    const std::lock_guard lock(owner.mutex);
    const auto found = owner.index.find(entry->key());
    if (found == owner.index.end() || found->second->entry != entry) return false;
    Node& node = *found->second;
    if (std::find(node.aliases.begin(), node.aliases.end(), target) != node.aliases.end()) return true;
    if (node.aliases.size() >= aliases_max || !fits(node.bytes + target.size(), entry->route())) return false;
    // Reserved once: the alias index looks into these strings.
    node.aliases.reserve(aliases_max);
    point_alias(node.aliases.emplace_back(target), entry);
    grow(owner, node);
    make_room(owner, entry->created(), gone);
  }
  make_room_in_route(entry->route(), hash, entry->created());
  return true;
}

bool Store::add_body(const EntryPtr& entry, Coding coding, std::string_view body, Clock::time_point now) {
  const std::uint64_t hash = hash_of(entry->key());
  {
    Gone gone;
    Shard& owner = shard(hash);
    const std::lock_guard lock(owner.mutex);
    if (!fits(entry->bytes() + body.size(), entry->route())) return false;
    if (!entry->add_body(coding, body)) return false;
    const auto found = owner.index.find(entry->key());
    if (found == owner.index.end() || found->second->entry != entry) return true;
    grow(owner, *found->second);
    make_room(owner, now, gone);
  }
  make_room_in_route(entry->route(), hash, now);
  return true;
}

void Store::point_alias(const std::string& target, const EntryPtr& entry) {
  AliasShard& owner = alias_shard(hash_of(target));
  const std::lock_guard lock(owner.mutex);
  // A target means one key; if it ever meant another, the last one counts and the key's text must be the new one.
  owner.index.erase(target);
  owner.index.emplace(target, entry);
}

void Store::drop_aliases(const Node& node) {
  for (const std::string& target : node.aliases) {
    AliasShard& owner = alias_shard(hash_of(target));
    const std::lock_guard lock(owner.mutex);
    const auto found = owner.index.find(target);
    if (found != owner.index.end() && found->second == node.entry) owner.index.erase(found);
  }
}

bool Store::erase(std::string_view key) {
  std::unique_ptr<Node> gone;
  Shard& owner = shard(hash_of(key));
  const std::lock_guard lock(owner.mutex);
  const auto found = owner.index.find(key);
  if (found == owner.index.end()) return false;
  gone = take(owner, *found->second);
  return true;
}

void Store::clear() {
  for (const auto& owner : shards_) {
    Gone gone;
    const std::lock_guard lock(owner->mutex);
    gone.reserve(owner->index.size());
    while (!owner->index.empty()) gone.push_back(take(*owner, *owner->index.begin()->second));
  }
}

void Store::for_each(const std::function<void(const Entry&)>& visit) const {
  for (const auto& owner : shards_) {
    const std::lock_guard lock(owner->mutex);
    for (const auto& [key, node] : owner->index) visit(*node->entry);
  }
}

StoreFigures Store::figures() const {
  StoreFigures sum;
  sum.bytes_max = options_.bytes_max;
  for (const auto& owner : shards_) {
    const std::lock_guard lock(owner->mutex);
    sum.bytes += owner->all_bytes();
    sum.entries += owner->index.size();
  }
  for (const auto& owner : alias_shards_) {
    const std::lock_guard lock(owner->mutex);
    sum.aliases += owner->index.size();
  }
  for (const auto& route : routes()) {
    sum.hits += route->hits.load(std::memory_order_relaxed);
    sum.misses += route->misses.load(std::memory_order_relaxed);
    sum.stale += route->stale.load(std::memory_order_relaxed);
    sum.fills += route->fills.load(std::memory_order_relaxed);
    sum.fills_refused += route->fills_refused.load(std::memory_order_relaxed);
    sum.evictions += route->evictions.load(std::memory_order_relaxed);
    sum.dead += route->dead.load(std::memory_order_relaxed);
  }
  return sum;
}

std::vector<std::shared_ptr<Route>> Store::routes() const {
  const std::lock_guard lock(routes_mutex_);
  return routes_;
}

}  // namespace freshet::cache
