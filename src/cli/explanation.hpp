#pragma once
// What there is to say of a route: what its answers depend on, whether they are kept, how its statements are run.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/app.hpp"
#include "api/arguments.hpp"
#include "api/cache_plan.hpp"
#include "cli/common.hpp"
#include "db/query_plan.hpp"
#include "feed/feed.hpp"

namespace freshet::cli {

/// A call whose key and tags are asked for.
struct ExplainedCall {
  std::string path, query;  // as they would be sent
  api::Arguments arguments;
};

struct ExplainedReference {
  std::string pattern;            // transactions[month=:month]
  std::string whole_because;      // empty: it is narrower than the table
  std::vector<std::string> tags;  // of the call, if there is one and the statement runs in it
};

struct ExplainedStatement {
  std::string name;  // as in @name
  std::uint32_t line = 0;
  std::string sql;
  bool runs = true;           // false: @when leaves it out of the call
  std::string answered_from;  // "answered from rollup month_totals"; empty: from what it names
  std::vector<std::string> rollups;
  std::vector<ExplainedReference> references;
  db::QueryPlan plan;
  std::vector<db::CatalogIndex> indexes;  // that the plan uses
};

struct Explanation {
  api::EndpointPtr endpoint;
  bool kept = false;
  std::string not_kept_because;
  std::vector<std::string> only_with;  // parameters without which an answer is of this moment: `month`, `from or to`
  std::optional<feed::Mode> mode;      // none: the app's database is no help; why stands in mode_reason
  std::string mode_reason;             // why it is not `pieces`
  bool called = false;
  std::string key;                // of the call
  std::vector<std::string> tags;  // of the call, each once
  std::vector<ExplainedStatement> statements;
  std::vector<std::string> analyzed, counted;  // tables, by where the figures come from
};

/// An app beside a database that its statements are explained on: its own, if it is there and has the app's schema,
/// else a scratch one without rows. Nothing is written to its own.
class ExplainedApp {
 public:
  /// Prints what is wrong with the app, and throws Exit.
  explicit ExplainedApp(const AppArguments& arguments);

  [[nodiscard]] const api::App& app() const noexcept { return *app_; }
  /// Why the app's own database is not asked, or empty: it is.
  [[nodiscard]] const std::string& why_not_own() const noexcept { return why_not_own_; }
  [[nodiscard]] Explanation explain(const api::EndpointPtr& endpoint, const std::optional<ExplainedCall>& call);

 private:
  void open_own();
  void describe_call(Explanation& out, const ExplainedCall& call) const;
  [[nodiscard]] ExplainedStatement describe(const api::Endpoint& endpoint, std::uint32_t index,
                                            const std::optional<ExplainedCall>& call);
  [[nodiscard]] std::vector<ExplainedReference> references(const api::Endpoint& endpoint, std::uint32_t index,
                                                           const std::optional<ExplainedCall>& call) const;
  void note_tables(Explanation& out) const;

  api::AppConfig config_;
  std::unique_ptr<VerificationDatabase> scratch_;  // if its own does not serve
  std::unique_ptr<db::Database> own_;
  std::string why_not_own_;
  std::shared_ptr<api::App> app_;
  std::unique_ptr<db::Connection> connection_;
  db::Catalog catalog_;
  std::unique_ptr<db::RowEstimates> estimates_;
  std::unique_ptr<feed::Feed> feed_;
  std::unique_ptr<feed::Watching> watching_;
  api::UnseenShapes unseen_;
};

}  // namespace freshet::cli
