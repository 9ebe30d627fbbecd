#define SQLITE_ENABLE_PREUPDATE_HOOK  // declares what Debian's library has

#include "history/model.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <sqlite3.h>

namespace freshet::history {
namespace {

constexpr int list_items = 2;
constexpr auto table_names = std::to_array<std::string_view>({"accounts", "categories", "items", "parts", "tallies"});

std::string schema_of(const std::filesystem::path& app) {
  std::ifstream file(app / "migrations" / "0001_schema.sql");
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str().empty()) throw std::runtime_error("the app has no schema");
  return text.str();
}

/// `IN (:names)` is `IN (:names_0, :names_1)`.
std::string with_lists(const EndpointFile& endpoint, std::string sql) {
  for (const auto& [name, type] : endpoint.types) {
    if (!type.ends_with("[]")) continue;
    const std::string placeholder = ":" + name;
    const std::size_t at = sql.find(placeholder);
    if (at == std::string::npos) continue;
    std::string items;
    for (int i = 0; i < list_items; ++i) items += fmt::format("{}:{}_{}", i == 0 ? "" : ", ", name, i);
    sql.replace(at, placeholder.size(), items);
  }
  return sql;
}

void bind_value(sqlite3_stmt* statement, const std::string& name, const std::string& value, bool integer) {
  const int position = sqlite3_bind_parameter_index(statement, (":" + name).c_str());
  if (position == 0) return;
  if (integer) {
    sqlite3_bind_int64(statement, position, std::stoll(value));
  } else {
    sqlite3_bind_text(statement, position, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  }
}

void bind_all(sqlite3_stmt* statement, const EndpointFile& endpoint, const Arguments& arguments) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  for (const Given& given : arguments) {
    const std::string& type = endpoint.types.at(given.name);
    if (!type.ends_with("[]")) {
      bind_value(statement, given.name, given.values.front(), type == "int");
      continue;
    }
    for (std::size_t i = 0; i < list_items; ++i) {
      bind_value(statement, fmt::format("{}_{}", given.name, i), given.values.at(i), type == "int[]");
    }
  }
}

void append_cell(std::string& out, sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      out += "null";
      return;
    case SQLITE_INTEGER:
      fmt::format_to(std::back_inserter(out), "{}", sqlite3_column_int64(statement, column));
      return;
    default:  // this app has texts of letters and digits besides
      out += '"';
      out += reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      out += '"';
  }
}

void append_row(std::string& out, sqlite3_stmt* statement) {
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    out += i == 0 ? "{\"" : ",\"";
    out += sqlite3_column_name(statement, i);
    out += "\":";
    append_cell(out, statement, i);
  }
  out += '}';
}

/// False: an object that has no row.
bool append_rows(std::string& out, sqlite3_stmt* statement, bool object) {
  int rows = 0;
  if (!object) out += '[';
  while (sqlite3_step(statement) == SQLITE_ROW) {
    if (rows++ > 0) {
      if (object) break;
      out += ',';
    }
    append_row(out, statement);
  }
  if (!object) out += ']';
  sqlite3_reset(statement);
  return rows > 0 || !object;
}

std::string value_text(sqlite3_value* value) {
  const unsigned char* text = sqlite3_value_text(value);
  return text == nullptr ? "null" : reinterpret_cast<const char*>(text);
}

}  // namespace

Digest digest_of(std::string_view answer) noexcept { return XXH3_64bits(answer.data(), answer.size()); }
Digest digest_of_none() noexcept { return digest_of("404"); }

void create_world(const std::filesystem::path& app, const std::string& path, const WorldSize& size) {
  const Handle handle = open_sqlite(path);
  execute(handle.get(), "PRAGMA journal_mode = WAL; BEGIN; " + schema_of(app) + first_rows(size) + "COMMIT");
}

Model::Model(const std::filesystem::path& app, const std::vector<EndpointFile>& endpoints, const Questions& questions,
             const WorldSize& size, std::uint64_t seed)
    : endpoints_(endpoints), questions_(questions), handle_(open_sqlite(":memory:")), random_(seed) {
  execute(handle_.get(), schema_of(app) + first_rows(size));
  for (const std::string_view table : table_names) {
    tables_.emplace_back(table);
    const Prepared all = prepare(handle_.get(), fmt::format("SELECT * FROM {}", table));
    std::vector<std::string>& names = columns_.emplace_back();
    for (int i = 0; i < sqlite3_column_count(all.get()); ++i) names.emplace_back(sqlite3_column_name(all.get(), i));
  }
  for (const EndpointFile& endpoint : endpoints_) {
    Statements& statements = statements_.emplace_back();
    for (const EndpointStatement& statement : endpoint.statements) {
      statements.prepared.push_back(prepare(handle_.get(), with_lists(endpoint, statement.sql)));
    }
  }
  answers_.resize(questions_.size());
  for (QuestionId id = 0; id < questions_.size(); ++id) {
    evaluate(id);
    answers_[id] = changes_.back().answer;
  }
  changes_.clear();
  sqlite3_preupdate_hook(handle_.get(), &Model::row_changed, this);
}

Model::~Model() { sqlite3_preupdate_hook(handle_.get(), nullptr, nullptr); }

void Model::row_changed(void* self, sqlite3* handle, int kind, const char* /*database*/, const char* table,
                        long long /*before*/, long long /*after*/) {
  auto* const model = static_cast<Model*>(self);
  model->questions_.concerned(table, model->concerned_);
  if (kind != SQLITE_INSERT) model->note_row(handle, table, true);
  if (kind != SQLITE_DELETE) model->note_row(handle, table, false);
}

void Model::note_row(sqlite3* handle, const char* table, bool before) {
  const auto found = std::ranges::find(tables_, table);
  if (found == tables_.end()) return;
  const std::vector<std::string>& names = columns_[static_cast<std::size_t>(found - tables_.begin())];
  for (const std::string& column : questions_.columns(table)) {
    const auto index = static_cast<int>(std::ranges::find(names, column) - names.begin());
    sqlite3_value* value = nullptr;
    const int code =
        before ? sqlite3_preupdate_old(handle, index, &value) : sqlite3_preupdate_new(handle, index, &value);
    if (code != SQLITE_OK || value == nullptr) continue;  // the spot checks would tell
    questions_.concerned(table, column, value_text(value), concerned_);
  }
}

void Model::evaluate(QuestionId question) {
  text_.clear();
  const Question& asked = questions_[question];
  const EndpointFile& endpoint = endpoints_[asked.endpoint];
  bool found = true;
  for (std::size_t i = 0; i < endpoint.statements.size(); ++i) {
    const EndpointStatement& source = endpoint.statements[i];
    sqlite3_stmt* const statement = statements_[asked.endpoint].prepared[i].get();
    if (!source.name.empty()) text_ += fmt::format("{}\"{}\":", i == 0 ? "{" : ",", source.name);
    bind_all(statement, endpoint, asked.arguments);
    found = append_rows(text_, statement, source.object) && found;
    if (!source.name.empty() && i + 1 == endpoint.statements.size()) text_ += '}';
  }
  changes_.push_back({.question = question, .answer = found ? digest_of(text_) : digest_of_none()});
}

std::string Model::answer(QuestionId question) {
  evaluate(question);
  const bool none = changes_.back().answer == digest_of_none();
  changes_.pop_back();
  return none ? "404" : text_;
}

void Model::run(const Op& op) {
  execute(handle_.get(), fmt::format("PRAGMA foreign_keys = {}; PRAGMA recursive_triggers = {}; BEGIN",
                                     op.foreign_keys ? "ON" : "OFF", op.recursive_triggers ? "ON" : "OFF"));
  for (const std::string& statement : op.statements) execute(handle_.get(), statement);
  execute(handle_.get(), "COMMIT");
}

void Model::call(const Op& op) {
  const auto endpoint = std::ranges::find_if(
      endpoints_, [&](const EndpointFile& file) { return file.route == op.endpoint && file.writes; });
  if (endpoint == endpoints_.end()) throw std::logic_error("no endpoint " + op.endpoint);
  execute(handle_.get(), "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = OFF; BEGIN");
  for (const Prepared& statement : statements_[static_cast<std::size_t>(endpoint - endpoints_.begin())].prepared) {
    bind_all(statement.get(), *endpoint, op.arguments);
    sqlite3_step(statement.get());
    if (sqlite3_reset(statement.get()) != SQLITE_OK) throw std::logic_error(sqlite3_errmsg(handle_.get()));
  }
  execute(handle_.get(), "COMMIT");
}

const std::vector<Change>& Model::replay(const Op& op) {
  concerned_.clear();
  changes_.clear();
  if (op.endpoint.empty()) {
    run(op);
  } else {
    call(op);
  }
  if (op.id % 1024 == 0) execute(handle_.get(), "DELETE FROM audit");  // nobody asks the model for it
  std::ranges::sort(concerned_);
  concerned_.erase(std::unique(concerned_.begin(), concerned_.end()), concerned_.end());
  for (const QuestionId question : concerned_) {
    evaluate(question);
    answers_[question] = changes_.back().answer;
  }
  spot_check();
  return changes_;
}

// What is said not to be concerned has the answer that it had.
void Model::spot_check() {
  const auto question = static_cast<QuestionId>(random_() % questions_.size());
  evaluate(question);
  if (changes_.back().answer != answers_[question]) {
    throw std::logic_error("the model forgot a question that was concerned: " + questions_[question].target);
  }
  changes_.pop_back();
}

std::string Model::tables(sqlite3* handle) {
  std::string text;
  for (const std::string_view table : table_names)
    text += dump(handle, fmt::format("SELECT * FROM {} ORDER BY 1", table));
  return text;
}

}  // namespace freshet::history
