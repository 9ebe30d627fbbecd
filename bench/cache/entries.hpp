#pragma once
// Real entries for the benchmarks.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cache/store.hpp"

namespace freshet::bench {

inline constexpr cache::Clock::time_point now{std::chrono::hours(1)};

inline cache::EntryPtr entry_of(feed::TagTable& table, const std::shared_ptr<cache::Route>& route, std::string key,
                                std::size_t size, const std::vector<std::string>& tags) {
  std::vector<feed::Tag> pinned;
  for (const std::string& tag : tags) pinned.push_back(feed::table_tag(tag));
  cache::EntryParts parts;
  parts.key = std::move(key);
  parts.route = route;
  parts.body.assign(size, 'x');
  parts.created = now;
  return cache::Entry::make(std::move(parts),
                            feed::PendingStamp(table, std::move(pinned)).seal(table.applied()).value());
}

}  // namespace freshet::bench
