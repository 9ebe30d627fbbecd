// That a hit asks for no memory on its whole way: the listener, the lookup, the question whether anything was
// committed, and the answer. A program of its own, since it counts operator new.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "api/service.hpp"
#include "core/log.hpp"
#include "db/database.hpp"
#include "feed/feed.hpp"
#include "http/server.hpp"
#include "support/allocations.hpp"

namespace freshet::api {
namespace {

using test::allocations;
using test::BareClient;

/// An app with one endpoint, as `freshet serve` would build it.
class Served {
 public:
  Served() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-hits-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    std::filesystem::create_directory(folder_ / "endpoints");
    std::ofstream(folder_ / "freshet.toml") << "name = 'hits'\n[database]\nurl = 'sqlite:hits.db'\n";
    std::ofstream(folder_ / "endpoints" / "notes.sql")
        << "-- @param topic int required\nSELECT id, body FROM notes WHERE topic = :topic ORDER BY id\n";
    Diagnostics problems;
    AppConfig config = read_app_config(folder_, {}, Environment(), problems);
    db::open_connection(config.database)
        ->execute(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, topic INT NOT NULL, body TEXT NOT NULL);"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
            "INSERT INTO notes SELECT i, 1, 'note number ' || i FROM n");
    database_ = db::open_database(config.database);
    feed_ = feed::open_feed(config.database, *database_);
    service_ = std::make_shared<Service>(*database_, feed_.get(), Log(LogLevel::off, LogFormat::json), false);
    service_->install(load_app(config, *database_, problems, feed_.get()));
    http::ServerOptions options;
    options.port = 0;
    options.threads = 1;
    server_ = std::make_unique<http::Server>(options, service_, nullptr);
    server_->start();
  }
  ~Served() {
    server_->drain();
    feed_->close();
    database_->close(std::chrono::steady_clock::now());
    server_.reset();
    service_.reset();
    feed_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<feed::Feed> feed_;
  std::shared_ptr<Service> service_;
  std::unique_ptr<http::Server> server_;
};

std::string request(std::string_view method, std::string_view headers) {
  return std::string(method) + " /notes?topic=1 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json, */*\r\n" +
         std::string(headers) + "\r\n";
}

void expect_hits_without_allocation(BareClient& client, const std::string& asked, std::string_view must_have,
                                    bool has_body = true) {
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(client.ask(asked, has_body).empty());
  const std::uint64_t before = allocations();
  bool all = true;
  for (int i = 0; i < 1000; ++i) {
    const std::string_view answer = client.ask(asked, has_body);
    all = answer.find("X-Cache: HIT\r\n") != answer.npos && answer.find(must_have) != answer.npos && all;
  }
  EXPECT_EQ(allocations() - before, 0U) << asked;
  EXPECT_TRUE(all) << client.ask(asked, has_body);
}

TEST(HitAllocations, there_are_none) {
  const Served served;
  BareClient client(served.port());
  expect_hits_without_allocation(client, request("GET", ""), "note number 60");
  for (const std::string_view coding : {"br", "zstd", "gzip"}) {
    const std::string accepting = "Accept-Encoding: " + std::string(coding) + "\r\n";
    const std::string must_have = "Content-Encoding: " + std::string(coding) + "\r\n";
    expect_hits_without_allocation(client, request("GET", accepting), must_have);
    expect_hits_without_allocation(client, request("HEAD", accepting), must_have, false);
  }
  expect_hits_without_allocation(client, request("GET", "If-None-Match: *\r\n"), "HTTP/1.1 304 ", false);
}

}  // namespace
}  // namespace freshet::api
