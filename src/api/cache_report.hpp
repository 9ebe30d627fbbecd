#pragma once
// What is kept, told: figures, entries and their tags as JSON for the admin port and as Prometheus' text; and what is
// to be made anew by hand. Called from the admin port's thread, beside the requests.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache.hpp"
#include "cache/warmer.hpp"

namespace freshet::api {

/// Figures of the cache, its routes, feed and warmer, and the tags that changed most. O(routes + tags that are held).
[[nodiscard]] std::string cache_figures_json(cache::Cache& cache, const cache::Warmer& warmer);

struct ChangedTag {
  std::string text;
  std::uint64_t changes = 0;  // while somebody held it
  std::uint32_t holders = 0;
};
/// Twenty at most. O(tags that are held).
[[nodiscard]] std::vector<ChangedTag> changed_most(cache::Cache& cache);

struct EntryFilter {
  std::string prefix;  // of the key
  std::string tag;     // as people write it; empty: any
  std::size_t limit = 100;
};
/// The first entries in the order of their keys, and how many there are in all. O(entries). Throws bad_request for a
/// tag that is none.
[[nodiscard]] std::string entries_json(cache::Cache& cache, const EntryFilter& filter);
/// One entry with its tags and its answer; empty: there is none. O(entries).
[[nodiscard]] std::string entry_json(cache::Cache& cache, std::string_view key);

struct Invalidated {
  std::vector<std::string> tags;  // that were held
  std::size_t entries = 0;        // that ended by it
};
/// Ends what depends on rows that the tag may name, and refuses what is being made from them. O(tags held + entries).
/// Throws bad_request for a tag that is none.
Invalidated invalidate_tag(cache::Cache& cache, std::string_view tag);
Invalidated invalidate_key(cache::Cache& cache, std::string_view key);
Invalidated invalidate_everything(cache::Cache& cache);

/// Prometheus' text: by route, and the tags that changed most; with a second level, that and its Redis.
[[nodiscard]] std::string cache_metrics(cache::Cache& cache, const cache::Warmer& warmer);

}  // namespace freshet::api
