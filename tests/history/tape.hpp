#pragma once
// Where a thread of readers writes down its answers, in chunks that it hands over to the referee. Also keeps the bodies
// that it saw lately, for the accounts of violations.

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "history/record.hpp"

namespace freshet::history {

/// add() is called by one thread; the rest by any.
class Tape {
 public:
  Tape() : bodies_(bodies_max) {}

  void add(const Read& read, std::string_view body) {
    Body& kept = bodies_[read.answer % bodies_max];
    if (kept.digest != read.answer) keep(kept, read.answer, body);
    filling_.push_back(read);
    if (filling_.size() >= chunk_reads || read.ended - filling_.front().ended > chunk_age) hand_over();
  }
  void hand_over() {
    const std::lock_guard lock(mutex_);
    full_.push_back(std::exchange(filling_, {}));
    filling_.reserve(chunk_reads);
  }
  [[nodiscard]] std::vector<std::vector<Read>> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(full_, {});
  }
  /// The bytes of an answer, if they are still known.
  [[nodiscard]] std::string body(Digest digest) {
    const std::lock_guard lock(mutex_);
    const Body& kept = bodies_[digest % bodies_max];
    return kept.digest == digest ? kept.text : std::string();
  }
  /// Chunks that wait for the referee.
  [[nodiscard]] std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return full_.size();
  }

 private:
  static constexpr std::size_t chunk_reads = 2048;
  static constexpr Time chunk_age = 50'000'000;
  static constexpr std::size_t bodies_max = 8192;
  struct Body {
    Digest digest = 0;
    std::string text;
  };
  void keep(Body& kept, Digest digest, std::string_view body) {
    const std::lock_guard lock(mutex_);
    kept.digest = digest;
    kept.text = body;
  }

  std::vector<Read> filling_;
  std::mutex mutex_;
  std::vector<std::vector<Read>> full_;  // guarded by mutex_
  std::vector<Body> bodies_;             // digests are the adding thread's; texts guarded by mutex_
};

}  // namespace freshet::history
