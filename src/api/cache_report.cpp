#include "api/cache_report.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "api/tag_pattern.hpp"
#include "core/json_writer.hpp"

namespace freshet::api {
namespace {

using cache::Clock;
using cache::Entry;
using cache::Route;

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::int64_t milliseconds(Clock::duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

void write_feed(JsonWriter& json, const feed::FeedFigures& figures) {
  json.key("feed");
  json.begin_object();
  json.member("mode", feed::to_string(figures.mode));
  json.member("reason", std::string_view(figures.reason));
  json.member("position", number(figures.position));
  json.member("catch_ups", number(figures.catch_ups));
  json.member("changes", number(figures.changes));
  json.member("gaps", number(figures.gaps));
  json.member("trimmed", number(figures.trimmed));
  json.member("failures", number(figures.failures));
  json.end_object();
}

void write_warmer(JsonWriter& json, const cache::WarmerFigures& figures) {
  json.key("warmer");
  json.begin_object();
  json.member("revived", number(figures.revived));
  json.member("predicted", number(figures.predicted));
  json.member("listed", number(figures.listed));
  json.member("refused", number(figures.refused));
  json.member("failed", number(figures.failed));
  json.member("database_us", static_cast<std::int64_t>(figures.database.count()));
  json.key("predictions");
  json.begin_object();
  json.member("made", number(figures.predictions.predicted));
  json.member("used", number(figures.predictions.used));
  json.member("wasted", number(figures.predictions.wasted));
  json.key("accuracy");
  json.real(figures.predictions.accuracy);
  json.member("trusted", figures.predictions.trusted);
  json.end_object();
  json.end_object();
}

void write_route(JsonWriter& json, const Route& route) {
  json.begin_object();
  json.member("route", std::string_view(route.name));
  json.member("entries", number(route.entries));
  json.member("bytes", number(route.bytes));
  json.key("bytes_max");
  const std::size_t bytes_max = route.bytes_max;
  bytes_max == Route::unlimited ? json.null() : json.integer(number(bytes_max));
  json.member("hits", number(route.hits));
  json.member("misses", number(route.misses));
  json.member("stale", number(route.stale));
  json.member("fills", number(route.fills));
  json.member("fills_refused", number(route.fills_refused));
  json.member("evictions", number(route.evictions));
  json.member("dead", number(route.dead));
  json.end_object();
}

void write_tags(JsonWriter& json, const Entry& entry) {
  json.key("tags");
  json.begin_array();
  for (std::size_t i = 0; i < entry.stamp().tag_count(); ++i) json.string(entry.stamp().tag(i).text);
  json.end_array();
}

/// A line of `ls`: copied out of the entry, which may be gone before it is told.
struct EntryLine {
  std::string key, route;
  unsigned status = 0;
  std::size_t bytes = 0, tags = 0;
  Clock::time_point created, expiry;
  bool alive = false;
};

EntryLine line_of(const Entry& entry, Clock::time_point now) {
  return {.key = entry.key(),
          .route = entry.route().name,
          .status = entry.status(),
          .bytes = entry.bytes(),
          .tags = entry.stamp().tag_count(),
          .created = entry.created(),
          .expiry = entry.expiry(),
          .alive = entry.alive(now)};
}

void write_line(JsonWriter& json, const EntryLine& line, Clock::time_point now) {
  json.member("key", std::string_view(line.key));
  json.member("route", std::string_view(line.route));
  json.member("status", static_cast<std::int64_t>(line.status));
  json.member("bytes", number(line.bytes));
  json.member("age_ms", milliseconds(now - line.created));
  json.key("ends_in_ms");
  line.expiry == Clock::time_point::max() ? json.null() : json.integer(milliseconds(line.expiry - now));
  json.member("alive", line.alive);
}

/// False for the tag of a table with a name that cannot be written as people write tags.
bool overlaps(const TagPattern& wanted, const std::string& tag) {
  try {
    return wanted.overlaps(TagPattern::parse(tag));
  } catch (const Error&) {
    return false;
  }
}

/// Tags that overlap with `text`, by their ids.
std::unordered_set<feed::TagId> tags_like(cache::Cache& cache, std::string_view text, std::vector<std::string>* texts) {
  const TagPattern wanted = TagPattern::parse(text);
  std::unordered_set<feed::TagId> ids;
  cache.feed().tags().each([&](const feed::TagTable::Slot& slot) {
    if (slot.text != text && !overlaps(wanted, slot.text)) return;
    ids.insert(slot.id);
    if (texts != nullptr) texts->push_back(slot.text);
  });
  return ids;
}

bool has_tag(const Entry& entry, const std::unordered_set<feed::TagId>& ids) {
  for (std::size_t i = 0; i < entry.stamp().tag_count(); ++i) {
    if (ids.contains(entry.stamp().tag(i).id)) return true;
  }
  return false;
}

void write_codings(JsonWriter& json, const Entry& entry) {
  json.key("bodies");
  json.begin_object();
  for (std::size_t i = 0; i < coding_count; ++i) {
    const auto coding = static_cast<Coding>(i);
    if (const cache::Body* body = entry.body(coding)) json.member(to_string(coding), number(body->size()));
  }
  json.end_object();
}

}  // namespace

std::vector<ChangedTag> changed_most(cache::Cache& cache) {
  constexpr std::size_t shown = 20;
  std::vector<ChangedTag> tags;
  cache.feed().tags().each_changed([&](const feed::TagTable::Changed& tag) {
    tags.push_back({.text = std::string(tag.text), .changes = tag.changes, .holders = tag.holders});
  });
  const auto most = [](const ChangedTag& a, const ChangedTag& b) {
    return a.changes != b.changes ? a.changes > b.changes : a.text < b.text;
  };
  std::ranges::sort(tags, most);
  if (tags.size() > shown) tags.resize(shown);
  return tags;
}

std::string cache_figures_json(cache::Cache& cache, const cache::Warmer& warmer) {
  const cache::CacheFigures figures = cache.figures();
  Bytes out;
  JsonWriter json(out);
  json.begin_object();
  json.member("bytes", number(figures.store.bytes));
  json.member("bytes_max", number(figures.store.bytes_max));
  json.member("entries", number(figures.store.entries));
  json.member("hits", number(figures.store.hits));
  json.member("misses", number(figures.store.misses));
  json.member("stale", number(figures.store.stale));
  json.member("bypasses", number(figures.bypasses));
  json.member("waited", number(figures.waited));
  json.member("fills", number(figures.store.fills));
  json.key("refused");
  json.begin_object();
  json.member("too_large", number(figures.store.fills_refused));
  json.member("changed_meanwhile", number(figures.moved));
  json.member("state_unknown", number(figures.unplaced));
  json.end_object();
  json.member("evictions", number(figures.store.evictions));
  json.member("dead", number(figures.store.dead));
  json.member("flights", number(figures.flights));
  json.member("waiting", number(figures.waiting));
  write_feed(json, cache.feed().figures());
  write_warmer(json, warmer.figures());
  json.key("routes");
  json.begin_array();
  for (const auto& route : cache.store().routes()) write_route(json, *route);
  json.end_array();
  json.key("tags");
  json.begin_array();
  for (const ChangedTag& tag : changed_most(cache)) {
    json.begin_object();
    json.member("tag", std::string_view(tag.text));
    json.member("changes", number(tag.changes));
    json.member("holders", number(tag.holders));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::string(out.view());
}

std::string entries_json(cache::Cache& cache, const EntryFilter& filter) {
  const Clock::time_point now = Clock::now();
  const auto ids = filter.tag.empty() ? std::unordered_set<feed::TagId>() : tags_like(cache, filter.tag, nullptr);
  const auto by_key = [](const EntryLine& a, const EntryLine& b) { return a.key < b.key; };
  std::vector<EntryLine> lines;  // a heap: the last of the first is on top
  std::size_t count = 0;
  cache.store().for_each([&](const Entry& entry) {
    if (!entry.key().starts_with(filter.prefix) || (!filter.tag.empty() && !has_tag(entry, ids))) return;
    ++count;
    if (lines.size() == filter.limit) {
      if (lines.empty() || entry.key() >= lines.front().key) return;
      std::ranges::pop_heap(lines, by_key);
      lines.pop_back();
    }
    lines.push_back(line_of(entry, now));
    std::ranges::push_heap(lines, by_key);
  });
  std::ranges::sort(lines, by_key);
  Bytes out;
  JsonWriter json(out);
  json.begin_object();
  json.member("count", number(count));
  json.key("entries");
  json.begin_array();
  for (const EntryLine& line : lines) {
    json.begin_object();
    write_line(json, line, now);
    json.member("tags", number(line.tags));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::string(out.view());
}

std::string entry_json(cache::Cache& cache, std::string_view key) {
  cache::EntryPtr found;
  cache.store().for_each([&](const Entry& entry) {
    if (entry.key() == key) found = cache::EntryPtr(&entry);
  });
  if (found == nullptr) return {};
  const Clock::time_point now = Clock::now();
  Bytes out;
  JsonWriter json(out);
  json.begin_object();
  write_line(json, line_of(*found, now), now);
  json.member("etag", found->etag().view());
  json.member("position", number(found->stamp().position()));
  write_tags(json, *found);
  write_codings(json, *found);
  json.key("answer");
  const cache::Body* const body = found->body(Coding::identity);
  body == nullptr || body->size() == 0 ? json.null() : json.raw(body->view());
  json.end_object();
  return std::string(out.view());
}

Invalidated invalidate_tag(cache::Cache& cache, std::string_view tag) {
  Invalidated result;
  const std::unordered_set<feed::TagId> ids = tags_like(cache, tag, &result.tags);
  std::ranges::sort(result.tags);
  const Clock::time_point now = Clock::now();
  cache.store().for_each([&](const Entry& entry) {
    if (entry.alive(now) && has_tag(entry, ids)) ++result.entries;
  });
  for (const feed::TagId id : ids) static_cast<void>(cache.feed().tags().invalidate(id));
  return result;
}

Invalidated invalidate_key(cache::Cache& cache, std::string_view key) {
  return {.tags = {}, .entries = cache.store().erase(key) ? std::size_t{1} : std::size_t{0}};
}

Invalidated invalidate_everything(cache::Cache& cache) {
  Invalidated result{.tags = {}, .entries = cache.store().figures().entries};
  cache.feed().tags().invalidate_everything();
  cache.store().clear();
  return result;
}

}  // namespace freshet::api
