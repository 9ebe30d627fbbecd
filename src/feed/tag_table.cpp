#include "feed/tag_table.hpp"

#include <algorithm>

#include "core/mutant.hpp"

namespace freshet::feed {
namespace {

// Positions arrive out of order when two readers of the log overlap: only the highest counts.
void raise(std::atomic<Position>& to, Position position) noexcept {
  Position seen = to.load(std::memory_order_relaxed);
  while (seen < position && !to.compare_exchange_weak(seen, position, std::memory_order_acq_rel)) continue;
}

// An allocation of glibc: its header, in steps of 16.
constexpr std::size_t allocated(std::size_t bytes) noexcept {
  return std::max<std::size_t>(32, (bytes + sizeof(std::size_t) + 15) & ~std::size_t{15});
}

}  // namespace

TagTable::~TagTable() = default;

std::size_t TagTable::bytes_of(const Slot& slot) noexcept {
  const bool in_place = slot.text.capacity() <= std::string().capacity();
  constexpr std::size_t map_node = allocated(sizeof(void*) + sizeof(std::pair<const TagId, std::unique_ptr<Slot>>));
  constexpr std::size_t bucket = sizeof(void*);
  return allocated(sizeof(Slot)) + (in_place ? 0 : allocated(slot.text.capacity() + 1)) + map_node + bucket;
}

TagTable::Ref TagTable::pin(Tag tag) {
  Shard& owner = shard(tag.id);
  const std::lock_guard lock(owner.mutex);
  std::unique_ptr<Slot>& slot = owner.slots[tag.id];
  if (slot == nullptr) {
    const std::atomic<Position>& table = whole_table(tag.table);
    slot = std::make_unique<Slot>(std::move(tag), applied(), table);
    bytes_.fetch_add(bytes_of(*slot), std::memory_order_relaxed);
    if (const auto past = owner.past.extract(slot->id)) {
      slot->changes.store(past.mapped()->changes.load());
      bytes_.fetch_sub(bytes_of(*past.mapped()), std::memory_order_relaxed);
    }
  }
  slot->holders.fetch_add(1, std::memory_order_relaxed);
  return {*this, *slot};
}

void TagTable::release(Slot& slot) noexcept {
  // Only the last holder needs the lock, and only under it may the slot go: pin() may be bringing it back.
  std::uint32_t holders = slot.holders.load(std::memory_order_relaxed);
  while (holders > 1) {
    if (slot.holders.compare_exchange_weak(holders, holders - 1, std::memory_order_acq_rel)) return;
  }
  Shard& owner = shard(slot.id);
  const std::lock_guard lock(owner.mutex);
  if (slot.holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  auto gone = owner.slots.extract(slot.id);
  const std::unique_ptr<Slot> forgotten = owner.remember(std::move(gone.mapped()));
  if (forgotten != nullptr) bytes_.fetch_sub(bytes_of(*forgotten), std::memory_order_relaxed);
}

std::unique_ptr<TagTable::Slot> TagTable::Shard::remember(std::unique_ptr<Slot> slot) {
  const auto changes = [](const auto& each) { return each->changes.load(std::memory_order_relaxed); };
  if (changes(slot) == 0) return slot;
  std::unique_ptr<Slot> least;
  if (past.size() == past_max) {
    const auto found = std::ranges::min_element(past, {}, [&](const auto& each) { return changes(each.second); });
    if (changes(found->second) >= changes(slot)) return slot;
    least = std::move(found->second);
    past.erase(found);
  }
  const TagId id = slot->id;
  past.emplace(id, std::move(slot));
  return least;
}

void TagTable::change(TagId id, Position at) noexcept {
  Shard& owner = shard(id);
  const std::lock_guard lock(owner.mutex);
  const auto found = owner.slots.find(id);
  if (found == owner.slots.end()) return;
  raise(found->second->changed, at);
  found->second->changes.fetch_add(1, std::memory_order_relaxed);
}

std::atomic<Position>& TagTable::whole_table(TagId table) {
  const std::lock_guard lock(tables_mutex_);
  return tables_.try_emplace(table, 0).first->second;  // an element of a map stays where it is
}

void TagTable::change_table(TagId table, Position at) noexcept {
  const std::lock_guard lock(tables_mutex_);
  const auto found = tables_.find(table);
  if (found != tables_.end()) raise(found->second, at);
}

void TagTable::change_everything(Position at) noexcept { raise(floor_, at); }

bool TagTable::invalidate(TagId id) noexcept {
  Shard& owner = shard(id);
  const std::lock_guard lock(owner.mutex);
  const auto found = owner.slots.find(id);
  if (found == owner.slots.end()) return false;
  found->second->generation.fetch_add(1, std::memory_order_acq_rel);
  return true;
}

void TagTable::applied(Position position) noexcept { raise(applied_, position); }

std::size_t TagTable::size() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.slots.size();
  }
  return sum;
}

void TagTable::each(const std::function<void(const Slot&)>& visit) const {
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [id, slot] : shard.slots) visit(*slot);
  }
}

void TagTable::each_changed(const std::function<void(const Changed&)>& visit) const {
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto* slots : {&shard.slots, &shard.past}) {
      for (const auto& [id, slot] : *slots) {
        const std::uint64_t changes = slot->changes.load(std::memory_order_relaxed);
        if (changes != 0) visit({.text = slot->text, .changes = changes, .holders = slot->holders.load()});
      }
    }
  }
}

bool Stamp::holds() const noexcept {
  if (position_ < table_->floor_.load(std::memory_order_acquire)) return false;
  if (everything_ != table_->everything_.load(std::memory_order_acquire)) return false;
  return std::all_of(tags_.get(), tags_.get() + count_, [this](const Held& held) {
    return held.slot->changed.load(std::memory_order_acquire) <= position_ &&
           held.slot->table_changed.load(std::memory_order_acquire) <= position_ &&
           held.slot->generation.load(std::memory_order_acquire) == held.generation;
  });
}

PendingStamp::PendingStamp(TagTable& table, std::vector<Tag> tags) {
  stamp_.table_ = &table;
  stamp_.everything_ = table.everything_.load(std::memory_order_acquire);
  stamp_.count_ = static_cast<std::uint32_t>(tags.size());
  stamp_.tags_ = std::make_unique<Stamp::Held[]>(tags.size());
  for (std::size_t i = 0; i < tags.size(); ++i) {
    stamp_.tags_[i].slot = table.pin(std::move(tags[i]));
    stamp_.tags_[i].generation = stamp_.tags_[i].slot->generation.load(std::memory_order_acquire);
  }
}

/// As if nobody had held the tags until now.
void PendingStamp::forget_changes() noexcept {
  for (std::uint32_t i = 0; i < stamp_.count_; ++i) {
    TagTable::Slot& slot = *stamp_.tags_[i].slot.slot_;
    if (slot.holders.load() == 1) slot.changed.store(0);
  }
}

std::optional<Stamp> PendingStamp::seal(Position position) && {
  if (mutant("missing_tag_is_valid")) forget_changes();
  stamp_.position_ = position;
  if (!stamp_.holds()) return std::nullopt;
  return std::move(stamp_);
}

}  // namespace freshet::feed
