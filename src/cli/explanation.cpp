#include "cli/explanation.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "api/call.hpp"
#include "db/location.hpp"
#include "feed/pieces.hpp"

namespace freshet::cli {
namespace {

using api::CachePlan;

const CachePlan::StatementReads* reads_of(const api::Endpoint& endpoint, std::uint32_t statement) {
  const auto& all = endpoint.cache->statements;
  const auto found = std::ranges::find(all, statement, &CachePlan::StatementReads::statement);
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> parameters_against_now(const api::Endpoint& endpoint) {
  std::vector<std::string> out;
  for (const CachePlan::StatementReads& reads : endpoint.cache->statements) {
    for (const auto& unless : reads.dependencies.moment_unless) {
      std::string words = fmt::format("{}", fmt::join(unless, " or "));
      if (std::ranges::find(out, words) == out.end()) out.push_back(std::move(words));
    }
  }
  return out;
}

/// Why an answer with these arguments has no tags.
std::string why_not(const api::Endpoint& endpoint, const api::Arguments& arguments) {
  if (api::depends_on_clock(endpoint, arguments) == api::ClockUse::moment) {
    return "the default of a parameter is this very moment";
  }
  const feed::ArgumentLookup lookup = api::lookup_in(endpoint, arguments);
  for (const CachePlan::StatementReads& reads : endpoint.cache->statements) {
    if (!api::runs(endpoint.statements[reads.statement], arguments)) continue;
    sql::Dependencies one;
    for (const auto& unless : reads.dependencies.moment_unless) {
      one.moment_unless = {unless};
      if (feed::asks_now(one, lookup)) return fmt::format("without {} it is of this moment", fmt::join(unless, " or "));
    }
    if (feed::asks_now(reads.dependencies, lookup)) return "a date function is asked for this moment";
  }
  return "it reads a table whose changes nobody tells";
}

void add_once(std::vector<std::string>& out, std::string text) {
  if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
}

}  // namespace

ExplainedApp::ExplainedApp(const AppArguments& arguments) : config_(read_config(arguments)) {
  open_own();
  if (own_ == nullptr) {
    scratch_ = std::make_unique<VerificationDatabase>(config_);
    app_ = compile_app(config_, scratch_->database());
  }
  connection_ = db::open_connection(own_ ? config_.database : scratch_->options());
  catalog_ = connection_->catalog();
  estimates_ = std::make_unique<db::RowEstimates>(*connection_);
}

// An app whose own database does not fit is compiled again, against a scratch one: then what is wrong is told.
void ExplainedApp::open_own() {
  const db::Location location = db::parse_location(config_.database.url);
  config_.database.read_only = true;
  config_.database.pool_size = 1;
  if (location.dialect == db::Dialect::sqlite && !std::filesystem::exists(location.path)) {
    why_not_own_ = "is not there yet";
    return;
  }
  own_ = db::open_database(config_.database);
  Diagnostics problems;
  app_ = api::load_app(config_, *own_, problems);
  if (app_ == nullptr) {
    why_not_own_ = fmt::format("is not up to date: freshet migrate {}", config_.folder.string());
    return own_.reset();
  }
  feed_ = feed::open_feed(config_.database, *own_);
  std::vector<feed::Shape> shapes;
  for (const api::EndpointPtr& endpoint : app_->endpoints) {
    shapes.insert(shapes.end(), endpoint->cache->shapes.begin(), endpoint->cache->shapes.end());
  }
  watching_ = feed_->watch(shapes);
  unseen_.insert(watching_->unseen().begin(), watching_->unseen().end());
}

Explanation ExplainedApp::explain(const api::EndpointPtr& endpoint, const std::optional<ExplainedCall>& call) {
  Explanation out;
  out.endpoint = endpoint;
  out.kept = endpoint->cache->cacheable;
  out.not_kept_because = endpoint->cache->reason;
  out.only_with = parameters_against_now(*endpoint);
  out.mode_reason = why_not_own_;
  if (feed_) {
    const feed::FeedFigures figures = feed_->figures();
    out.mode = figures.mode;
    out.mode_reason = figures.reason;
  }
  for (std::uint32_t i = 0; i < endpoint->statements.size(); ++i) {
    out.statements.push_back(describe(*endpoint, i, call));
  }
  if (call) describe_call(out, *call);
  note_tables(out);
  return out;
}

void ExplainedApp::describe_call(Explanation& out, const ExplainedCall& call) const {
  const api::Endpoint& endpoint = *out.endpoint;
  out.called = true;
  if (!out.kept) return;
  out.key = api::key_of(endpoint, call.arguments, call.path, call.query);
  const auto tags = api::tags_of(*endpoint.cache, endpoint, call.arguments, unseen_);
  if (tags) {
    for (const feed::Tag& tag : *tags) out.tags.push_back(tag.text);
    return;
  }
  out.kept = false;
  out.not_kept_because = why_not(endpoint, call.arguments);
}

ExplainedStatement ExplainedApp::describe(const api::Endpoint& endpoint, std::uint32_t index,
                                          const std::optional<ExplainedCall>& call) {
  const sql::StatementSource& source = endpoint.source.statements[index];
  const api::StatementPlan& plan = endpoint.statements[index];
  ExplainedStatement out;
  out.name = source.name;
  out.line = place_in_text(endpoint.source.text, source.offset).line;
  out.sql = source.text;
  out.runs = !call || api::runs(plan, call->arguments);
  out.answered_from = api::answered_from(plan);
  out.rollups = plan.rollups;
  out.references = references(endpoint, index, call);
  out.plan = db::query_plan(*connection_, plan.statement->sql, catalog_, *estimates_);
  for (const db::PlanStep& step : out.plan) {
    const db::CatalogTable* const table = catalog_.table(step.table);
    if (table == nullptr || step.index.empty()) continue;
    const auto used = std::ranges::find(table->indexes, step.index, &db::CatalogIndex::name);
    if (used == table->indexes.end()) continue;  // of a rollup, under the name of its source
    if (std::ranges::find(out.indexes, step.index, &db::CatalogIndex::name) == out.indexes.end()) {
      out.indexes.push_back(*used);
    }
  }
  return out;
}

std::vector<ExplainedReference> ExplainedApp::references(const api::Endpoint& endpoint, std::uint32_t index,
                                                         const std::optional<ExplainedCall>& call) const {
  std::vector<ExplainedReference> out;
  const CachePlan::StatementReads* const reads = reads_of(endpoint, index);
  if (reads == nullptr) return out;
  const bool runs = call && api::runs(endpoint.statements[index], call->arguments);
  for (const sql::TableDependency& table : reads->dependencies.tables) {
    ExplainedReference reference{.pattern = api::pattern_of(table), .whole_because = table.reason, .tags = {}};
    const bool same = std::ranges::any_of(out, [&](const auto& other) { return other.pattern == reference.pattern; });
    if (same) continue;
    if (runs) {
      for (const feed::Piece& piece : feed::pieces_of(table, api::lookup_in(endpoint, call->arguments))) {
        const bool unseen = unseen_.contains(piece.shape);
        const feed::Tag tag = unseen ? feed::table_tag(piece.shape.table) : feed::piece_tag(piece.shape, piece.values);
        add_once(reference.tags, tag.text);
      }
    }
    out.push_back(std::move(reference));
  }
  return out;
}

void ExplainedApp::note_tables(Explanation& out) const {
  for (const ExplainedStatement& statement : out.statements) {
    for (const db::PlanStep& step : statement.plan) {
      if (!step.rows) continue;
      const bool analyzed = estimates_->source(step.table) == db::RowEstimates::Source::analyzed;
      add_once(analyzed ? out.analyzed : out.counted, step.table);
    }
  }
}

}  // namespace freshet::cli
