#pragma once
// One run of an endpoint: its steps bound to the arguments of a request, and the answer put together from what the
// statements delivered. Lives in the coroutine that awaits the database; the sinks run on the session's thread.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/arguments.hpp"
#include "api/encoder.hpp"
#include "api/endpoint.hpp"
#include "api/page.hpp"
#include "core/bytes.hpp"
#include "db/database.hpp"

namespace freshet::api {

/// Rows of one answer beyond this are an error that asks for pages.
inline constexpr std::size_t answer_rows_max = 100'000;

/// What a call is told whose shape is object and which got no row.
[[nodiscard]] Error nothing_here();

/// Takes the rows of one statement: encodes them and keeps what later statements and embeds need.
class StatementRun final : public db::RowSink {
 public:
  /// `every_row`: also where the shape asks for the first row only (a bulk body has one answer row an item).
  StatementRun(const StatementPlan& plan, bool every_row);
  bool row(Row row) override;

  /// Called before the statement runs (again, for the next item of a bulk body): captures start over, encoded rows
  /// stay.
  void start();

  [[nodiscard]] const StatementPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] bool ran() const noexcept { return ran_; }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::int64_t total() const noexcept { return total_; }
  void set_total(std::int64_t total) noexcept { total_ = total; }
  [[nodiscard]] const std::vector<Value>& captured(std::size_t capture) const { return captured_[capture]; }

  /// Nests the rows of the children, themselves complete, under the rows of this statement. `run_of` gives a
  /// statement's run. O(bytes of all of them).
  void embed(const std::deque<StatementRun>& runs);
  /// The encoded rows, comma-separated.
  [[nodiscard]] std::string_view encoded() const noexcept { return out_.view(); }

 private:
  struct RowMark {
    std::size_t begin = 0, end = 0;        // of the row's text in out_; without its closing brace if children follow
    std::string child_key;                 // when embedded: which parent row this one belongs to
    std::vector<std::string> parent_keys;  // one for each child statement
  };
  void encode(Row row);
  void append_children(Bytes& out, const RowMark& row, const std::deque<StatementRun>& runs) const;

  const StatementPlan& plan_;
  bool first_row_only_;
  bool encodes_;
  bool marks_rows_;
  RowEncoder encoder_;
  Bytes out_;
  std::size_t rows_ = 0;
  std::int64_t total_ = 0;
  bool ran_ = false;
  std::vector<RowMark> marks_;                                             // only when embedding is involved
  std::unordered_map<std::string, std::vector<std::size_t>> rows_of_key_;  // when embedded
  std::vector<std::vector<Value>> captured_;
};

/// False if @when leaves the statement out of a call with these arguments.
[[nodiscard]] bool runs(const StatementPlan& plan, const Arguments& arguments);

class Call {
 public:
  Call(const Endpoint& endpoint, CallArguments arguments, Origin origin);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// What the database is to run. Refers to this Call.
  [[nodiscard]] db::Work& work() noexcept { return work_; }

  /// The body, once the work is done. `path` and `query` are the request's, for the links of a page. Throws not_found
  /// (nothing_here()) where shape object got no row.
  [[nodiscard]] Bytes answer(std::string_view path, std::string_view query);

  /// The Link header, when the whole answer is a page; else empty.
  [[nodiscard]] std::string link_header(std::string_view path, std::string_view query) const;

 private:
  void add_steps(std::size_t item);
  void share_rows();
  void bind(db::Binder& binder, const StatementPlan& plan, std::size_t slots, std::size_t item) const;
  void embed_children();
  [[nodiscard]] std::size_t answer_bytes() const;
  void append_answer(Bytes& out, const StatementRun& run, std::string_view path, std::string_view query) const;
  [[nodiscard]] std::int64_t integer_argument(std::optional<std::uint32_t> parameter) const;
  [[nodiscard]] std::int64_t page_offset() const;
  [[nodiscard]] PageFigures figures(const StatementRun& run) const;

  /// Counts the rows of a page.
  class TotalSink final : public db::RowSink {
   public:
    explicit TotalSink(StatementRun& run) : run_(run) {}
    bool row(Row row) override {
      run_.set_total(row.front().integer);
      return true;
    }

   private:
    StatementRun& run_;
  };

  /// Gives the rows of one step to the statements that share it; each may have enough before the others.
  class SharedRows final : public db::RowSink {
   public:
    void add(StatementRun& run) { runs_.push_back({.run = &run, .wants_more = true}); }
    void start();
    bool row(Row row) override;

   private:
    struct Taker {
      StatementRun* run = nullptr;
      bool wants_more = true;
    };
    std::vector<Taker> runs_;
  };

  const Endpoint& endpoint_;
  CallArguments arguments_;
  const Origin origin_;
  std::deque<StatementRun> runs_;  // one a statement; addresses stay
  std::deque<TotalSink> totals_;
  std::map<std::size_t, SharedRows> shared_;  // by the statement that runs
  db::Work work_;
};

}  // namespace freshet::api
