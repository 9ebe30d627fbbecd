#include "api/test_app.hpp"

#include <cstdlib>
#include <exception>
#include <fstream>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/call.hpp"
#include "api/route_files.hpp"
#include "http/problem.hpp"

namespace freshet::api {

void run_to_end(boost::asio::awaitable<void> coroutine) {
  boost::asio::io_context io;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr error) { failure = error; });
  io.run();
  if (failure) std::rethrow_exception(failure);
}

TestApp::TestApp(std::string_view schema) {
  std::string pattern = (std::filesystem::temp_directory_path() / "freshet-api-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  db::open_connection(database_options())->execute(schema);
  database_ = db::open_database(database_options());
}

TestApp::~TestApp() {
  database_.reset();
  std::filesystem::remove_all(folder_);
}

db::DatabaseOptions TestApp::database_options() const {
  db::DatabaseOptions options;
  options.url = "sqlite:" + (folder_ / "test.db").string();
  options.pool_size = 1;
  return options;
}

std::unique_ptr<db::Connection> TestApp::connection() const { return db::open_connection(database_options()); }

EndpointPtr TestApp::compile(const std::string& name, std::string_view text, Diagnostics& problems,
                             const std::vector<sql::RollupTable>& rollups) {
  const std::filesystem::path file = folder_ / "endpoints" / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
  RouteFile route = route_of(name);
  route.file = file;
  return compile_endpoint(route, *database_, database_->catalog(), problems, rollups);
}

EndpointPtr TestApp::endpoint(const std::string& name, std::string_view text,
                              const std::vector<sql::RollupTable>& rollups) {
  Diagnostics problems;
  EndpointPtr out = compile(name, text, problems, rollups);
  for (const Error& problem : problems) ADD_FAILURE() << problem.message() << " " << problem.hint();
  if (out == nullptr) throw std::runtime_error("the endpoint does not compile");
  return out;
}

std::vector<std::string> TestApp::problems(const std::string& name, std::string_view text) {
  Diagnostics found;
  (void)compile(name, text, found);
  std::vector<std::string> out;
  for (const Error& problem : found) {
    const SourcePlace place = problem.place().value_or(SourcePlace{});
    out.push_back(fmt::format("{}:{}: {}{}", place.line, place.column, problem.message(),
                              problem.hint().empty() ? "" : " (" + problem.hint() + ")"));
  }
  return out;
}

std::string TestApp::call(const Endpoint& endpoint, std::string_view query, std::string_view body,
                          std::vector<std::string_view> path_values) {
  const http::Header json{.name = "Content-Type", .value = "application/json"};
  http::Request request;
  request.method = endpoint.method;
  request.path = endpoint.route;
  request.query = query;
  request.body = body;
  request.headers = std::span(&json, 1);
  try {
    Call call(endpoint, read_arguments(endpoint, request, path_values, true), Origin::rollups);
    run_to_end(database_->run(call.work()));
    return std::string(call.answer(request.path, request.query).view());
  } catch (const Error& error) {
    return fmt::format("{}: {}", http::status_of(error.kind()), error.message());
  }
}

}  // namespace freshet::api
