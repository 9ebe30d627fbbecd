#pragma once
// A small language for the tests of this room: folders that vanish, rows as text, work that is run to its end.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/connection.hpp"
#include "db/database.hpp"

namespace freshet::db::test {

/// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-db-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }
  std::string write(std::string_view name, std::string_view text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

inline std::string to_text(const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      return "null";
    case Cell::Type::integer:
      return std::to_string(cell.integer);
    case Cell::Type::real:
      return std::to_string(cell.real);
    case Cell::Type::text:
      return std::string(cell.text);
    case Cell::Type::blob:
      return "blob:" + std::string(cell.text);
  }
  return {};
}

/// Rows as "1|two|null"; ends the step early after `most`.
class Rows final : public RowSink {
 public:
  explicit Rows(std::size_t most = static_cast<std::size_t>(-1)) : most_(most) {}
  bool row(Row row) override {
    std::string text;
    for (const Cell& cell : row) text += (text.empty() && &cell == row.data() ? "" : "|") + to_text(cell);
    rows.push_back(std::move(text));
    return rows.size() < most_;
  }
  std::vector<std::string> rows;

 private:
  std::size_t most_;
};

inline DatabaseOptions options_for(const std::string& path) {
  DatabaseOptions options;
  options.url = "sqlite:" + path;
  options.mmap_bytes = std::int64_t{1} << 26;
  options.cache_kib = 1024;
  return options;
}

/// Runs one statement on a blocking connection.
inline std::vector<std::string> query(Connection& connection, std::string_view sql,
                                      std::function<void(Binder&)> bind = {}) {
  Rows rows;
  Step step;
  step.statement = std::make_shared<const Statement>(connection.describe(sql));
  step.bind = std::move(bind);
  step.sink = &rows;
  connection.run(step);
  return std::move(rows.rows);
}

/// The Error that `body` throws; fails the test if it throws none.
template <class Body>
Error error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error(ErrorKind::internal, "no Error was thrown");
}

/// Runs a coroutine to its end on an executor of its own; what it throws is thrown here.
template <class T>
T run_coro(boost::asio::awaitable<T> coroutine) {
  boost::asio::io_context io;
  auto result = boost::asio::co_spawn(io, std::move(coroutine), boost::asio::use_future);
  io.run();
  return result.get();
}

inline Step step(StatementPtr statement, RowSink* sink = nullptr, std::function<void(Binder&)> bind = {}) {
  Step result;
  result.statement = std::move(statement);
  result.sink = sink;
  result.bind = std::move(bind);
  return result;
}

/// Prepares and runs statements through a Database: all of them as one Work.
inline std::vector<std::string> run(Database& database, Mode mode, std::initializer_list<std::string_view> statements) {
  Rows rows;
  Work work;
  work.mode = mode;
  for (const std::string_view sql : statements) work.steps.push_back(step(database.prepare(sql), &rows));
  run_coro(database.run(work));
  return std::move(rows.rows);
}
inline std::vector<std::string> read(Database& database, std::string_view sql) {
  return run(database, Mode::read, {sql});
}
inline std::vector<std::string> write(Database& database, std::initializer_list<std::string_view> statements) {
  return run(database, Mode::write, statements);
}

}  // namespace freshet::db::test
