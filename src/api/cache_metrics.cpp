// The cache's part of /metrics.

#include <functional>
#include <iterator>
#include <map>
#include <string>

#include <fmt/format.h>

#include "api/cache_report.hpp"

namespace freshet::api {
namespace {

/// Within the quotes of a label.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

struct RouteFigure {
  std::string_view name, type, help;
  std::uint64_t (*value)(const cache::Route& route);
};

constexpr RouteFigure route_figures[] = {
    {"hits_total", "counter", "Answers from memory.", [](const auto& r) { return r.hits.load(); }},
    {"misses_total", "counter", "Answers that were not kept, or not true any more.",
     [](const auto& r) { return r.misses.load(); }},
    {"stale_total", "counter", "Answers whose time was over, while new ones were made.",
     [](const auto& r) { return r.stale.load(); }},
    {"fills_total", "counter", "Answers kept.", [](const auto& r) { return r.fills.load(); }},
    {"fills_refused_total", "counter", "Answers too large to be kept.",
     [](const auto& r) { return r.fills_refused.load(); }},
    {"evictions_total", "counter", "Answers dropped to make room.", [](const auto& r) { return r.evictions.load(); }},
    {"dead_total", "counter", "Answers dropped because something changed, or their time was over.",
     [](const auto& r) { return r.dead.load(); }},
    {"entries", "gauge", "Answers kept now.",
     [](const auto& r) { return static_cast<std::uint64_t>(r.entries.load()); }},
    {"bytes", "gauge", "What they take.", [](const auto& r) { return static_cast<std::uint64_t>(r.bytes.load()); }},
};

void one(std::string& out, std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
  fmt::format_to(std::back_inserter(out),
                 "# HELP freshet_cache_{0} {1}\n# TYPE freshet_cache_{0} {2}\nfreshet_cache_{0} {3}\n", name, help,
                 type, value);
}

void write_feed(std::string& out, const feed::FeedFigures& feed) {
  one(out, "feed_catch_ups_total", "counter", "Times that the log of changes was read.", feed.catch_ups);
  one(out, "feed_changes_total", "counter", "Changes that were read from it.", feed.changes);
  one(out, "feed_gaps_total", "counter", "Times that everything ended at once: schema changed, log trimmed too far.",
      feed.gaps);
  one(out, "feed_failures_total", "counter", "Readings of the log that failed.", feed.failures);
}

/// By table: the values that tags name are the rows' own, and these figures anybody may read.
void write_changes(std::string& out, const feed::TagTable& tags) {
  std::map<std::string, std::uint64_t, std::less<>> changes;
  tags.each_changed([&](const feed::TagTable::Changed& tag) {
    changes[std::string(tag.text.substr(0, tag.text.find('[')))] += tag.changes;
  });
  out +=
      "# HELP freshet_cache_tag_changes Changes of pieces of a table while answers depended on them, of those that "
      "changed most.\n# TYPE freshet_cache_tag_changes gauge\n";
  for (const auto& [table, count] : changes) {
    fmt::format_to(std::back_inserter(out), "freshet_cache_tag_changes{{table=\"{}\"}} {}\n", escaped(table), count);
  }
}

void write_warmer(std::string& out, const cache::WarmerFigures& warmer) {
  one(out, "warmed_revived_total", "counter", "Answers made again that had been asked for often.", warmer.revived);
  one(out, "warmed_predicted_total", "counter", "Answers made because of what was asked before.", warmer.predicted);
  one(out, "warmed_listed_total", "counter", "Answers made because the app names them.", warmer.listed);
  one(out, "predictions_used_total", "counter", "Predictions that came true.", warmer.predictions.used);
  one(out, "predictions_wasted_total", "counter", "Predictions that did not.", warmer.predictions.wasted);
}

void write_second_level(std::string& out, const cache::CacheFigures& cache, const cache::SecondLevelFigures& second) {
  one(out, "shared_total", "counter", "Misses that another process's work answered.", cache.shared);
  one(out, "shared_rejected_total", "counter", "Answers of other processes that were not true any more.",
      cache.shared_rejected);
  one(out, "l2_hits_total", "counter", "Records found in Redis.", second.hits);
  one(out, "l2_misses_total", "counter", "Lookups in Redis that found none.", second.misses);
  one(out, "l2_corrupt_total", "counter", "Of these: what was found is no record of ours.", second.corrupt);
  one(out, "l2_failures_total", "counter", "Of these: Redis did not answer.", second.failures);
  one(out, "l2_puts_total", "counter", "Records written to Redis.", second.puts);
  one(out, "l2_puts_failed_total", "counter", "Records that Redis did not take.", second.puts_failed);
  one(out, "l2_puts_dropped_total", "counter", "Records not sent: too many on their way, or Redis away.",
      second.puts_dropped);
  one(out, "l2_puts_too_large_total", "counter", "Answers too large for Redis.", second.puts_too_large);
  one(out, "l2_read_bytes_total", "counter", "Bytes of records read.", second.bytes_read);
  one(out, "l2_written_bytes_total", "counter", "Bytes of records written.", second.bytes_written);
  one(out, "lease_taken_total", "counter", "Times that this process made an answer for all.", second.leases.taken);
  one(out, "lease_lost_total", "counter", "Leases that were not renewed in time.", second.leases.lost);
  one(out, "lease_waits_total", "counter", "Waits for another process's work.", second.leases.waits);
  one(out, "lease_gave_up_total", "counter", "Of these: in vain.", second.leases.gave_up);
}

void write_redis(std::string& out, const db::redis::ClientFigures& redis) {
  one(out, "redis_up", "gauge", "1: Redis is asked; 0: it is away, or too slow.",
      redis.breaker == db::redis::BreakerState::closed ? 1 : 0);
  one(out, "redis_breaker_opened_total", "counter", "Times that Redis was given up for a while.", redis.breaker_opened);
  one(out, "redis_reconnects_total", "counter", "Connections made after the first.", redis.reconnects);
  one(out, "redis_requests_total", "counter", "Requests sent to Redis.", redis.requests);
  one(out, "redis_not_asked_total", "counter", "Requests that were not sent, since it is given up.", redis.not_asked);
  one(out, "redis_refused_total", "counter", "Requests that were not sent, since too many waited.", redis.refused);
  one(out, "redis_timeouts_total", "counter", "Requests that were not answered in time.", redis.timeouts);
  one(out, "redis_waiting", "gauge", "Requests that wait for an answer.", redis.waiting);
  one(out, "redis_latency_us_total", "counter", "Microseconds that all answers took together.", redis.latency_us_total);
  one(out, "redis_latency_us_max", "gauge", "Microseconds that the slowest took.", redis.latency_us_max);
}

}  // namespace

std::string cache_metrics(cache::Cache& cache, const cache::Warmer& warmer) {
  std::string out;
  const auto routes = cache.store().routes();
  for (const RouteFigure& figure : route_figures) {
    fmt::format_to(std::back_inserter(out), "# HELP freshet_cache_{0} {1}\n# TYPE freshet_cache_{0} {2}\n", figure.name,
                   figure.help, figure.type);
    for (const auto& route : routes) {
      fmt::format_to(std::back_inserter(out), "freshet_cache_{}{{route=\"{}\"}} {}\n", figure.name,
                     escaped(route->name), figure.value(*route));
    }
  }
  const cache::CacheFigures figures = cache.figures();
  one(out, "bypasses_total", "counter", "Requests that went past the cache.", figures.bypasses);
  one(out, "waited_total", "counter", "Misses that another's work answered.", figures.waited);
  one(out, "changed_meanwhile_total", "counter", "Answers not kept: what they depend on changed meanwhile.",
      figures.moved);
  one(out, "state_unknown_total", "counter", "Answers not kept: which state of the database they show is not known.",
      figures.unplaced);
  one(out, "limit_bytes", "gauge", "What all answers may take.", figures.store.bytes_max);
  write_feed(out, cache.feed().figures());
  write_warmer(out, warmer.figures());
  write_changes(out, cache.feed().tags());
  if (const cache::SecondLevel* const second = cache.second_level(); second != nullptr) {
    write_second_level(out, figures, second->figures());
    write_redis(out, second->client().figures());
  }
  return out;
}

}  // namespace freshet::api
