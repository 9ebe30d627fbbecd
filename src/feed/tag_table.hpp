#pragma once
// When each tag last changed: what makes a cached answer valid or dead, in a few loads and without a lock.
//
// Only tags that somebody holds (an entry, or a fill under way) have a slot; a change to any other concerns nobody. The
// rule that makes this sound: **a fill pins its tags before its transaction begins.** A slot is born with the position
// up to which the feed had read by then; the fill's snapshot is at or after it, so nothing that happened before the
// slot's birth can be missing from the answer, and everything after it finds the slot.
//
// Thread-safe. change() and Stamp::holds() take no lock but for the shard's map in change().

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "feed/tag.hpp"

namespace freshet::feed {

class TagTable {
 public:
  TagTable() = default;
  ~TagTable();
  TagTable(const TagTable&) = delete;
  TagTable& operator=(const TagTable&) = delete;

  struct Slot {
    Slot(Tag tag, Position at, const std::atomic<Position>& whole_table) noexcept
        : changed(at), table_changed(whole_table), id(tag.id), text(std::move(tag.text)) {}
    std::atomic<Position> changed;               // the last change that is known
    const std::atomic<Position>& table_changed;  // the last that may have touched any row of the table
    std::atomic<std::uint32_t> generation{0};    // how often somebody invalidated it by hand
    std::atomic<std::uint32_t> holders{0};
    std::atomic<std::uint64_t> changes{0};  // how often it changed while somebody held it
    const TagId id;
    const std::string text;
  };

  /// Keeps a slot alive.
  class Ref {
   public:
    Ref() = default;
    Ref(Ref&& other) noexcept : table_(other.table_), slot_(std::exchange(other.slot_, nullptr)) {}
    Ref& operator=(Ref&& other) noexcept {
      std::swap(table_, other.table_);
      std::swap(slot_, other.slot_);
      return *this;
    }
    Ref(const Ref&) = delete;
    Ref& operator=(const Ref&) = delete;
    ~Ref() {
      if (slot_ != nullptr) table_->release(*slot_);
    }
    [[nodiscard]] const Slot& operator*() const noexcept { return *slot_; }
    [[nodiscard]] const Slot* operator->() const noexcept { return slot_; }

   private:
    friend class TagTable;
    friend class PendingStamp;
    Ref(TagTable& table, Slot& slot) noexcept : table_(&table), slot_(&slot) {}
    TagTable* table_ = nullptr;
    Slot* slot_ = nullptr;
  };

  /// The slot of `tag`, made if nobody holds it. O(1); allocates.
  [[nodiscard]] Ref pin(Tag tag);

  /// The change log says that `id` changed at `at`.
  void change(TagId id, Position at) noexcept;
  /// Any row of the table may have changed at `at`: the tag of the table and of each of its pieces. O(1).
  void change_table(TagId table, Position at) noexcept;
  /// Whatever is older than `at` may have changed in any way: a gap in the log, a new schema, a lost feed.
  void change_everything(Position at) noexcept;
  /// By hand: kills what depends on the tag, and fills that are under way. False: nobody holds it.
  bool invalidate(TagId id) noexcept;
  /// By hand, everything.
  void invalidate_everything() noexcept { everything_.fetch_add(1, std::memory_order_acq_rel); }

  /// All changes up to `position` have been told by change(). Never goes back.
  void applied(Position position) noexcept;
  [[nodiscard]] Position applied() const noexcept { return applied_.load(std::memory_order_acquire); }

  [[nodiscard]] std::size_t size() const;
  /// What the slots take on the heap, with the allocator's share.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  /// For figures: every slot that is held. Not to be called from a request.
  void each(const std::function<void(const Slot&)>& visit) const;
  /// A tag that changed while somebody held it, and how often since the beginning.
  struct Changed {
    std::string_view text;
    std::uint64_t changes = 0;
    std::uint32_t holders = 0;  // now
  };
  /// Likewise. Of tags that nobody holds any more, those that changed most are remembered, some thousand of them.
  void each_changed(const std::function<void(const Changed&)>& visit) const;

 private:
  friend class PendingStamp;
  friend class Stamp;
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<TagId, std::unique_ptr<Slot>> slots;
    // A change ends the answers that hold its tag, and with them the slot: its count waits here for the next holder.
    std::unordered_map<TagId, std::unique_ptr<Slot>> past;
    static constexpr std::size_t past_max = 64;
    /// What has to go for it, which may be `slot` itself.
    [[nodiscard]] std::unique_ptr<Slot> remember(std::unique_ptr<Slot> slot);
  };
  [[nodiscard]] Shard& shard(TagId id) noexcept { return shards_[id >> 58U]; }
  void release(Slot& slot) noexcept;
  [[nodiscard]] static std::size_t bytes_of(const Slot& slot) noexcept;
  [[nodiscard]] std::atomic<Position>& whole_table(TagId table);

  std::array<Shard, 64> shards_;
  std::atomic<std::size_t> bytes_{0};
  mutable std::mutex tables_mutex_;
  std::unordered_map<TagId, std::atomic<Position>> tables_;  // as many as the app reads; never shrinks
  std::atomic<Position> applied_{0};
  std::atomic<Position> floor_{0};            // stamps below it are worthless
  std::atomic<std::uint32_t> everything_{0};  // generation of all tags together
};

/// What an answer depends on and the state of the database that it shows. There is no entry without one.
class Stamp {
 public:
  /// True while nothing that the answer depends on has changed, as far as the feed has read: ask Feed::is_current()
  /// first. A few loads for each tag.
  [[nodiscard]] bool holds() const noexcept;
  [[nodiscard]] Position position() const noexcept { return position_; }
  [[nodiscard]] std::size_t tag_count() const noexcept { return count_; }
  [[nodiscard]] const TagTable::Slot& tag(std::size_t index) const noexcept { return *tags_[index].slot; }
  /// Whose tags these are.
  [[nodiscard]] const TagTable& table() const noexcept { return *table_; }
  /// Bytes on the heap, without the slots: those are shared (TagTable::bytes()).
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return count_ * sizeof(Held); }

 private:
  friend class PendingStamp;
  struct Held {
    TagTable::Ref slot;
    std::uint32_t generation = 0;
  };
  Stamp() = default;

  TagTable* table_ = nullptr;
  Position position_ = 0;
  std::uint32_t everything_ = 0;
  std::uint32_t count_ = 0;
  std::unique_ptr<Held[]> tags_;
};

/// The first half of a stamp, made before the work begins: the tags are pinned.
class PendingStamp {
 public:
  PendingStamp(TagTable& table, std::vector<Tag> tags);
  /// The second half, from the work's own transaction. nullopt: something changed meanwhile, so that nobody must keep
  /// the answer.
  [[nodiscard]] std::optional<Stamp> seal(Position position) &&;

 private:
  void forget_changes() noexcept;

  Stamp stamp_;
};

}  // namespace freshet::feed
