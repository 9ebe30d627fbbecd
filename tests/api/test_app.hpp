#pragma once
// A small app in a temporary folder with a real SQLite database: write files, compile endpoints, call them.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "api/arguments.hpp"
#include "api/endpoint.hpp"
#include "core/error.hpp"
#include "db/database.hpp"
#include "http/message.hpp"

namespace freshet::api {

class TestApp {
 public:
  /// `schema` is run once.
  explicit TestApp(std::string_view schema);
  ~TestApp();
  TestApp(const TestApp&) = delete;
  TestApp& operator=(const TestApp&) = delete;

  /// Writes endpoints/`name` and compiles it; expects no problem.
  [[nodiscard]] EndpointPtr endpoint(const std::string& name, std::string_view text,
                                     const std::vector<sql::RollupTable>& rollups = {});
  /// Writes and compiles it; the problems as `line:column: message (hint)`.
  [[nodiscard]] std::vector<std::string> problems(const std::string& name, std::string_view text);

  /// Calls it as the service does. An Error becomes "422: message".
  [[nodiscard]] std::string call(const Endpoint& endpoint, std::string_view query = {}, std::string_view body = {},
                                 std::vector<std::string_view> path_values = {});

  [[nodiscard]] db::Database& database() noexcept { return *database_; }
  [[nodiscard]] db::DatabaseOptions database_options() const;
  /// A connection of its own to the same.
  [[nodiscard]] std::unique_ptr<db::Connection> connection() const;

 private:
  [[nodiscard]] EndpointPtr compile(const std::string& name, std::string_view text, Diagnostics& problems,
                                    const std::vector<sql::RollupTable>& rollups = {});
  std::filesystem::path folder_;
  std::unique_ptr<db::Database> database_;
};

/// Runs a coroutine to its end on this thread.
void run_to_end(boost::asio::awaitable<void> coroutine);

}  // namespace freshet::api
