#pragma once
// What the cache knows of a route: its name, how many bytes its answers may take, and its figures. Shared by the
// answers of the route and whoever looks them up; every member may be read and counted up from any thread.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "cache/body_arena.hpp"
#include "cache/change_rate.hpp"

namespace freshet::cache {

struct Route {
  Route(std::string of, std::size_t number, std::shared_ptr<BodyArena> pages = nullptr)
      : name(std::move(of)), index(number), arena(std::move(pages)) {}

  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  const std::string name;
  const std::size_t index;
  const std::shared_ptr<BodyArena> arena;  // of its answers; may be null
  std::atomic<std::size_t> bytes_max{unlimited};

  std::atomic<std::size_t> bytes{0};
  std::atomic<std::size_t> entries{0};
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> misses{0};
  std::atomic<std::uint64_t> stale{0};  // answered although their time was over: neither hit nor miss
  std::atomic<std::uint64_t> fills{0};
  std::atomic<std::uint64_t> fills_refused{0};
  std::atomic<std::uint64_t> evictions{0};  // to make room
  std::atomic<std::uint64_t> dead{0};       // dropped because something changed, or their time was over

  /// What an answer takes to be made, of late.
  std::atomic<std::chrono::microseconds::rep> making_us{0};

  ChangeRate changes;  // of answers that have a time to live
};

}  // namespace freshet::cache
