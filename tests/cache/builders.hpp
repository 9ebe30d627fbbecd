#pragma once
// Entries for tests, in a few words.

#include <string>
#include <utility>
#include <vector>

#include "cache/store.hpp"

namespace freshet::cache {

inline constexpr Clock::time_point start{std::chrono::hours(1)};

/// A stamp that depends on whole tables, read at `position`.
inline feed::Stamp stamp_of(feed::TagTable& table, const std::vector<std::string>& tables,
                            feed::Position position = 1) {
  std::vector<feed::Tag> tags;
  for (const std::string& name : tables) tags.push_back(feed::table_tag(name));
  return feed::PendingStamp(table, std::move(tags)).seal(position).value();
}

inline EntryPtr entry_of(std::string key, std::shared_ptr<Route> route, std::string body, feed::Stamp stamp,
                         std::optional<std::chrono::milliseconds> ttl = std::nullopt,
                         std::chrono::milliseconds stale_for = {}, Clock::time_point created = start) {
  EntryParts parts;
  parts.key = std::move(key);
  parts.route = std::move(route);
  parts.body = std::move(body);
  parts.etag = EntityTag("0123456789abcdef01");
  parts.created = created;
  parts.ttl = ttl;
  parts.stale_for = stale_for;
  return Entry::make(std::move(parts), std::move(stamp));
}

}  // namespace freshet::cache
