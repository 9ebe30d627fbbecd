#include "db/load.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/compressed_file.hpp"
#include "core/csv.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "db/bad_lines.hpp"
#include "db/database.hpp"
#include "db/load_batch.hpp"
#include "db/load_plan.hpp"
#include "db/sequences.hpp"

namespace freshet::db {

namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 18U;
constexpr std::uint64_t progress_every = 64;

/// The file as records: unpacked, in UTF-8, cut at the delimiter that was given or found.
class RecordReader {
 public:
  explicit RecordReader(const LoadOptions& options) : options_(options), file_(options.file), block_(block_bytes) {
    read_block();
    parser_.emplace(CsvFormat{.delimiter = options.delimiter ? *options.delimiter : detect_csv_delimiter(text_)});
    hand_over();
  }

  /// Null at the end. Valid until the next call.
  const CsvRecord* next() {
    while (true) {
      if (const CsvRecord* record = parser_->next()) return record;
      if (at_end_) return nullptr;
      read_block();
      hand_over();
    }
  }

  [[nodiscard]] const CompressedFile& file() const noexcept { return file_; }

 private:
  void read_block() {
    const std::size_t count = file_.read(block_);
    at_end_ = count == 0;
    text_.clear();
    append_as_utf8(text_, {block_.data(), count}, options_.encoding);
  }
  void hand_over() { at_end_ ? parser_->finish() : parser_->push(text_); }

  const LoadOptions& options_;
  CompressedFile file_;
  std::vector<char> block_;
  std::string text_;
  std::optional<CsvParser> parser_;
  bool at_end_ = false;
};

/// Why a line was refused.
struct Refusal {
  std::string column, reason;
};

class Loading : private RowSink {
 public:
  Loading(Connection& connection, const LoadOptions& options,
          const std::function<void(const LoadProgress&)>& on_progress)
      : connection_(connection), options_(options), on_progress_(on_progress), reader_(options) {
    if (connection.dialect() == Dialect::sqlite) return;
    DatabaseOptions memory;
    memory.url = ":memory:";
    own_evaluator_ = open_connection(memory);
  }

  LoadSummary run() {
    plan_ = plan_load(connection_, evaluator(), options_, read_header());
    values_.resize(plan_.targets.size());
    memory_.resize(plan_.targets.size());
    summary_.ignored_headers = plan_.ignored_headers;
    prepare_steps();
    BadLines bad(options_.bad_file);
    load_lines(bad);
    summary_.bad = bad.count();
    bad.close();
    return std::move(summary_);
  }

 private:
  std::vector<std::string> read_header();
  void prepare_steps();
  void load_lines(BadLines& bad);
  void load_line(const CsvRecord& record, BadLines& bad);
  void batch_line(const CsvRecord& record, BadLines& bad);
  bool check(const CsvRecord& record);
  bool check_shape(const CsvRecord& record);
  bool evaluate(const CsvRecord& record);
  /// What computes --map: the target itself, or on PostgreSQL, where each line would be a round trip and a mistake the
  /// end of the transaction, a SQLite database of our own.
  [[nodiscard]] Connection& evaluator() { return own_evaluator_ ? *own_evaluator_ : connection_; }
  void send_batch(BadLines& bad);
  bool check_values(const CsvRecord& record);
  bool insert();
  bool row(Row row) override;
  void next_batch();
  void finish(BadLines& bad);
  void require_transaction();
  bool refuse(std::string_view column, std::string reason) {
    refusal_ = {.column = std::string(column), .reason = std::move(reason)};
    return false;
  }
  [[nodiscard]] bool is_null(std::string_view field) const {
    return options_.null_text && field == *options_.null_text;
  }
  void report() const {
    if (!on_progress_) return;
    on_progress_({.lines = summary_.lines,
                  .bytes = reader_.file().bytes_consumed(),
                  .bytes_total = reader_.file().bytes_total()});
  }

  Connection& connection_;
  const LoadOptions& options_;
  const std::function<void(const LoadProgress&)>& on_progress_;
  RecordReader reader_;
  std::unique_ptr<Connection> own_evaluator_;
  std::optional<LoadBatch> batch_;  // PostgreSQL
  LoadPlan plan_;
  LoadSummary summary_;
  std::optional<Transaction> transaction_;
  std::uint64_t in_batch_ = 0;

  const CsvRecord* record_ = nullptr;  // the one in hand
  Step evaluate_step_, insert_step_;
  std::vector<Cell> values_;         // by target
  std::vector<CheckMemory> memory_;  // by target
  std::vector<std::string> computed_texts_;
  std::vector<Cell> computed_;
  Refusal refusal_;
};

std::vector<std::string> Loading::read_header() {
  const CsvRecord* const record = reader_.next();
  if (record == nullptr) throw Error(ErrorKind::usage, fmt::format("{} is empty", options_.file.string()));
  if (record->fault != CsvFault::none) {
    throw Error(ErrorKind::usage,
                fmt::format("the header of {} cannot be read: {}", options_.file.string(), to_string(record->fault)));
  }
  if (!valid_utf8(record->raw)) {
    throw Error(ErrorKind::usage, fmt::format("the header of {} is not UTF-8", options_.file.string()))
        .hinting("try --encoding windows-1252");
  }
  return {record->fields.begin(), record->fields.end()};
}

void Loading::prepare_steps() {
  if (connection_.dialect() == Dialect::postgres) {
    std::vector<std::string> columns;
    for (const LoadTarget& target : plan_.targets) columns.push_back(target.column);
    batch_.emplace(connection_, plan_.table.name, std::move(columns), plan_.conflict);
  }
  insert_step_.statement = plan_.insert;
  insert_step_.bind = [this](Binder& binder) { binder.row(values_); };
  if (plan_.evaluate == nullptr) return;
  computed_.resize(plan_.evaluate->columns.size());
  computed_texts_.resize(computed_.size());
  evaluate_step_.statement = plan_.evaluate;
  evaluate_step_.sink = this;
  evaluate_step_.bind = [this](Binder& binder) {
    int position = 1;
    for (const std::size_t field : plan_.evaluated) {
      const std::string_view text = record_->fields[field];
      is_null(text) ? binder.null(position) : binder.text(position, text);
      ++position;
    }
    if (plan_.uses_line_number) binder.integer(position, static_cast<std::int64_t>(record_->line));
  };
}

void Loading::load_lines(BadLines& bad) {
  transaction_.emplace(connection_, Mode::write);
  while (const CsvRecord* record = reader_.next()) {
    ++summary_.lines;
    load_line(*record, bad);
    if (summary_.lines % progress_every == 0) report();
    if (options_.bad_max != 0 && bad.count() >= options_.bad_max) {
      summary_.gave_up = true;
      break;
    }
  }
  if (batch_) send_batch(bad);
  summary_.gave_up = summary_.gave_up || (options_.bad_max != 0 && bad.count() >= options_.bad_max);
  report();
  finish(bad);
}

void Loading::load_line(const CsvRecord& record, BadLines& bad) {
  record_ = &record;
  if (batch_) return batch_line(record, bad);
  if (check(record) && insert()) {
    if (options_.partial && !options_.dry_run && ++in_batch_ >= options_.batch) next_batch();
    return;
  }
  bad.add(record.line, refusal_.column, refusal_.reason, record.raw);
}

void Loading::batch_line(const CsvRecord& record, BadLines& bad) {
  bool good = check(record);
  if (good) {
    try {
      batch_->add(record.line, record.raw, values_);
    } catch (const Error& error) {
      good = refuse("", error.message());
    }
  }
  if (!good) batch_->add_bad(record.line, record.raw, refusal_.column, refusal_.reason);
  const bool too_bad = options_.bad_max != 0 && bad.count() + batch_->bad() >= options_.bad_max;
  const bool commits = options_.partial && !options_.dry_run && in_batch_ + batch_->size() >= options_.batch;
  if (batch_->full() || too_bad || commits) send_batch(bad);
  if (options_.partial && !options_.dry_run && in_batch_ >= options_.batch) next_batch();
}

void Loading::send_batch(BadLines& bad) {
  const LoadBatch::Sent sent = batch_->send([&](const LoadBatch::Line& line) {
    if (options_.bad_max != 0 && bad.count() >= options_.bad_max) return;
    bad.add(line.number, line.column, line.reason, line.original);
  });
  summary_.loaded += sent.loaded;
  summary_.skipped += sent.skipped;
  in_batch_ += sent.loaded + sent.skipped;
}

bool Loading::check(const CsvRecord& record) {
  if (!check_shape(record)) return false;
  if (plan_.evaluate != nullptr && !evaluate(record)) return false;
  return check_values(record);
}

bool Loading::check_shape(const CsvRecord& record) {
  if (record.fault != CsvFault::none) return refuse("", std::string(to_string(record.fault)));
  if (record.fields.size() != plan_.headers.size()) {
    return refuse("", fmt::format("{} fields, but the header has {}", record.fields.size(), plan_.headers.size()));
  }
  if (valid_utf8(record.raw)) return true;
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    if (!valid_utf8(record.fields[i])) return refuse(plan_.headers[i], "is not UTF-8 (see --encoding)");
  }
  return refuse("", "is not UTF-8 (see --encoding)");
}

/// Runs the expressions of --map for one line.
bool Loading::evaluate(const CsvRecord&) {
  try {
    evaluator().run(evaluate_step_);
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unprocessable) throw;
    return refuse("", "--map: " + error.message());
  }
}

bool Loading::row(Row row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    computed_[i] = row[i];
    if (row[i].type != Cell::Type::text && row[i].type != Cell::Type::blob) continue;
    computed_texts_[i].assign(row[i].text);
    computed_[i].text = computed_texts_[i];
  }
  return false;
}

bool Loading::check_values(const CsvRecord& record) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const LoadTarget& target = plan_.targets[i];
    std::string reason;
    if (target.computed) {
      values_[i] = computed_[target.index];
      reason = check_cell(target.rule, values_[i], memory_[i]);
    } else if (const std::string_view field = record.fields[target.index]; is_null(field)) {
      values_[i].type = Cell::Type::null;
      if (target.rule.not_null) reason = "is NULL, but needs a value";
    } else {
      reason = check_text(target.rule, field, values_[i], memory_[i]);
    }
    if (reason.empty() && target.in_key && values_[i].type == Cell::Type::null) {
      reason = "is NULL, but is part of the key";
    }
    if (!reason.empty()) return refuse(target.column, std::move(reason));
  }
  return true;
}

/// What the database refuses of a row makes the line bad; anything else ends the run.
bool Loading::insert() {
  try {
    ++(connection_.run(insert_step_) > 0 ? summary_.loaded : summary_.skipped);
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict && error.kind() != ErrorKind::unprocessable) throw;
    refuse(error.fields().empty() ? std::string_view() : std::string_view(error.fields().front().field),
           error.message());
  }
  require_transaction();
  return false;
}

/// A trigger with RAISE(ROLLBACK) ends the transaction, and whatever followed would be committed line by line.
void Loading::require_transaction() {
  try {
    connection_.begin(Mode::write);
  } catch (const Error&) {
    return;  // it cannot begin: there is one
  }
  connection_.rollback();
  throw Error(ErrorKind::conflict,
              fmt::format("line {} made the database roll everything back: {}", record_->line, refusal_.reason))
      .hinting("a trigger that uses RAISE(ROLLBACK, …) should use RAISE(ABORT, …)");
}

void Loading::next_batch() {
  transaction_->commit();
  transaction_.reset();
  summary_.committed = true;
  in_batch_ = 0;
  transaction_.emplace(connection_, Mode::write);
}

void Loading::finish(BadLines& bad) {
  const bool wanted = options_.partial || bad.count() == 0;
  if (!wanted || options_.dry_run) {
    transaction_.reset();
    return;
  }
  continue_numbering(connection_, plan_.table, true);
  transaction_->commit();
  transaction_.reset();
  summary_.committed = summary_.committed || summary_.loaded > 0;
}

}  // namespace

LoadSummary load(Connection& connection, const LoadOptions& options,
                 const std::function<void(const LoadProgress&)>& on_progress) {
  std::error_code ignored;
  if (std::filesystem::equivalent(options.file, options.bad_file, ignored)) {
    throw Error(ErrorKind::usage, "bad lines cannot go into the file that is loaded");
  }
  return Loading(connection, options, on_progress).run();
}

}  // namespace freshet::db
