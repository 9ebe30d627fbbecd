#include "api/cache_plan.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "api/call.hpp"
#include "api/page.hpp"
#include "cache/key.hpp"
#include "core/mutant.hpp"
#include "core/text.hpp"
#include "feed/pieces.hpp"
#include "sql/parameter.hpp"

namespace freshet::api {
namespace {

std::string place_of(const Endpoint& endpoint, std::size_t offset) {
  return fmt::format("{}:{}", endpoint.source.file, place_in_text(endpoint.source.text, offset).line);
}

/// Of a page, what the statement that counts it reads too. Where a rollup answers, what its source is asked for.
sql::Reads reads_of(const StatementPlan& plan) {
  const db::Statement& statement = plan.from_source == nullptr ? *plan.statement : *plan.from_source;
  const db::Statement* const count =
      plan.count_from_source == nullptr ? plan.count.get() : plan.count_from_source.get();
  sql::Reads reads = statement.reads;
  if (count == nullptr) return reads;
  const auto merge = [](std::vector<std::string>& into, const std::vector<std::string>& from) {
    for (const std::string& name : from) {
      if (std::ranges::find(into, name) == into.end()) into.push_back(name);
    }
  };
  merge(reads.tables, count->reads.tables);
  merge(reads.functions, count->reads.functions);
  reads.foreign = reads.foreign || count->reads.foreign;
  return reads;
}

std::vector<CachePlan::Reference> references_of(const CachePlan& plan) {
  std::vector<CachePlan::Reference> references;
  for (const CachePlan::StatementReads& reads : plan.statements) {
    for (const sql::TableDependency& table : reads.dependencies.tables) {
      auto known = std::ranges::find_if(references, [&](const CachePlan::Reference& each) {
        return each.table.table == table.table && each.table.columns == table.columns;
      });
      if (known == references.end()) known = references.insert(known, {.table = table, .statements = {}});
      known->statements.push_back(reads.statement);
    }
  }
  return references;
}

std::vector<feed::Shape> shapes_of(const CachePlan& plan) {
  std::vector<feed::Shape> shapes;
  for (const CachePlan::StatementReads& reads : plan.statements) {
    for (const sql::TableDependency& table : reads.dependencies.tables) {
      std::ranges::move(feed::shapes_of(table), std::back_inserter(shapes));
    }
  }
  std::ranges::sort(shapes);
  shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
  return shapes;
}

std::string refusal_of(const CachePlan& plan, const Endpoint& endpoint) {
  const sql::EndpointSource& source = endpoint.source;
  if (endpoint.writes) return fmt::format("it writes ({})", place_of(endpoint, 0));
  if (plan.off) return fmt::format("`@cache off` says so ({})", place_of(endpoint, source.cache->offset));
  if (endpoint.streams()) {
    return fmt::format("its rows are streamed ({})", place_of(endpoint, source.statements.front().offset));
  }
  for (const CachePlan::StatementReads& reads : plan.statements) {
    if (reads.dependencies.cacheable) continue;
    return fmt::format("{} ({})", reads.dependencies.reason,
                       place_of(endpoint, source.statements[reads.statement].offset));
  }
  return {};
}

/// Collects tags, each once.
class Tags {
 public:
  explicit Tags(const UnseenShapes& unseen) : unseen_(unseen) {}

  /// False if nobody would tell of a change.
  bool add(const feed::PieceSet& pieces) {
    if (pieces.values.empty() || unseen_.empty() || !unseen_.contains(pieces.shape)) {
      for (const std::vector<std::string>& values : pieces.values) add(feed::piece_tag(pieces.shape, values));
      return true;
    }
    if (unseen_.contains({.table = pieces.shape.table, .columns = {}})) return false;
    add(feed::table_tag(pieces.shape.table));
    return true;
  }
  void add(feed::Tag tag) {
    const auto same = [&](const feed::Tag& other) { return other.id == tag.id; };
    if (std::ranges::none_of(tags_, same)) tags_.push_back(std::move(tag));
  }
  [[nodiscard]] std::vector<feed::Tag> take() { return std::move(tags_); }

 private:
  const UnseenShapes& unseen_;
  std::vector<feed::Tag> tags_;
};

std::string text_of(const sql::BoundColumn& column) {
  std::string text = column.column + "=";
  for (std::size_t i = 0; i < column.any_of.size(); ++i) {
    const sql::BoundValue& value = column.any_of[i];
    if (i != 0) text += '|';
    const std::string name = value.parameter.empty() ? sql::canonical_text(value.literal) : ":" + value.parameter;
    text += value.months_later ? fmt::format("month_add({},{})", name, *value.months_later) : name;
    if (value.list) text += "[]";
  }
  if (!column.when_given.empty()) text += '?';
  return text;
}

/// The target that links of a page would be written from, were it made of the arguments: raw targets that read like it
/// need no place in the key.
std::string canonical_target(const Endpoint& endpoint, const Arguments& arguments) {
  std::string path = endpoint.route;
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = endpoint.source.parameters[i].name;
    const Argument& argument = arguments[i];
    if (argument.is_list || !argument.given) continue;
    if (endpoint.places[i] == Place::query) {
      pairs.push_back(fmt::format("{}={}", name, sql::canonical_text(argument.scalar)));
    } else if (endpoint.places[i] == Place::path) {
      const std::string mark = fmt::format("{{{}}}", name);
      path.replace(path.find(mark), mark.size(), sql::canonical_text(argument.scalar));
    }
  }
  std::ranges::sort(pairs);
  return page_target(path, fmt::format("{}", fmt::join(pairs, "&")), 1);
}

}  // namespace

std::shared_ptr<const CachePlan> make_cache_plan(const Endpoint& endpoint, const sql::Schema& schema) {
  auto plan = std::make_shared<CachePlan>();
  const sql::EndpointSource& source = endpoint.source;
  if (source.cache) {
    plan->off = source.cache->off;
    plan->ttl = source.cache->ttl;
    plan->ttl_min = source.cache->ttl_min;
    plan->stale = source.cache->stale;
  }
  for (const std::string& name : source.tags) plan->manual_tags.push_back(feed::manual_tag(name));
  std::vector<sql::EarlierStatement> earlier;
  for (std::uint32_t i = 0; i < endpoint.statements.size() && !endpoint.writes; ++i) {
    const StatementPlan& statement = endpoint.statements[i];
    auto dependencies = sql::analyse(source.statements[i].text, schema, reads_of(statement), earlier);
    // One that may be left out, or of which a page may be asked that there is not, has no row that is certain.
    const bool runs_always = !statement.when && statement.shape != sql::Shape::page;
    if (runs_always) earlier.push_back({.name = statement.name, .outputs = dependencies.outputs});
    plan->statements.push_back({.statement = i, .dependencies = std::move(dependencies)});
  }
  plan->references = references_of(*plan);
  plan->shapes = shapes_of(*plan);
  plan->reason = refusal_of(*plan, endpoint);
  plan->cacheable = plan->reason.empty();
  return plan;
}

ClockUse depends_on_clock(const Endpoint& endpoint, const Arguments& arguments) {
  ClockUse use = ClockUse::none;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const sql::ParameterSpec& spec = endpoint.source.parameters[i];
    if (!spec.default_now || arguments[i].given) continue;
    if (spec.type == sql::ParameterType::timestamp) return ClockUse::moment;
    use = ClockUse::day;
  }
  return use;
}

bool target_says_all(const Endpoint& endpoint, const Arguments& arguments) {
  if (!endpoint.vary.empty() && !mutant("target_stands_for_headers_too")) return false;
  return depends_on_clock(endpoint, arguments) == ClockUse::none;
}

feed::ArgumentLookup lookup_in(const Endpoint& endpoint, const Arguments& arguments) {
  return [&](std::string_view name) -> const Argument* {
    const auto& specs = endpoint.source.parameters;
    const auto found = std::ranges::find(specs, name, &sql::ParameterSpec::name);
    return found == specs.end() ? nullptr : &arguments[static_cast<std::size_t>(found - specs.begin())];
  };
}

std::optional<std::vector<feed::Tag>> tags_of(const CachePlan& plan, const Endpoint& endpoint,
                                              const Arguments& arguments, const UnseenShapes& unseen) {
  if (depends_on_clock(endpoint, arguments) == ClockUse::moment) return std::nullopt;
  const feed::ArgumentLookup lookup = lookup_in(endpoint, arguments);
  Tags tags(unseen);
  for (const CachePlan::StatementReads& reads : plan.statements) {
    if (!runs(endpoint.statements[reads.statement], arguments)) continue;
    if (feed::asks_now(reads.dependencies, lookup)) return std::nullopt;
  }
  for (const CachePlan::Reference& reference : plan.references) {
    const bool counts = std::ranges::any_of(reference.statements,
                                            [&](std::uint32_t i) { return runs(endpoint.statements[i], arguments); });
    if (counts && !tags.add(feed::piece_set_of(reference.table, lookup))) return std::nullopt;
  }
  for (const feed::Tag& tag : plan.manual_tags) tags.add(tag);
  return tags.take();
}

std::string key_of(const Endpoint& endpoint, const Arguments& arguments, std::string_view path,
                   std::string_view query) {
  std::vector<cache::KeyPart> parts;
  parts.reserve(arguments.size() + 1);
  std::deque<Argument> taken_from_the_clock;  // they are a part of the answer though nobody gave them
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const sql::ParameterSpec& spec = endpoint.source.parameters[i];
    const Argument* argument = &arguments[i];
    if (spec.default_now && !argument->given) {
      argument = &taken_from_the_clock.emplace_back(*argument);
      taken_from_the_clock.back().given = true;
    }
    parts.push_back({.name = spec.name, .argument = argument});
  }
  if (!endpoint.page) return cache::make_key(endpoint.route, parts);
  Argument target;
  target.scalar = page_target(path, query, 1);
  // Links without the month that a request did not give lead elsewhere when the month is over.
  target.given =
      !taken_from_the_clock.empty() || std::get<std::string>(target.scalar) != canonical_target(endpoint, arguments);
  parts.push_back({.name = "~", .argument = &target});  // no parameter is called that; it comes last
  return cache::make_key(endpoint.route, parts);
}

std::string pattern_of(const sql::TableDependency& dependency) {
  std::string text = dependency.table;
  for (std::size_t i = 0; i < dependency.columns.size(); ++i) {
    text += i == 0 ? '[' : ',';
    text += text_of(dependency.columns[i]);
  }
  if (!dependency.columns.empty()) text += ']';
  return text;
}

}  // namespace freshet::api
