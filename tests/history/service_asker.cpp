#include "history/service_asker.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "api/app.hpp"
#include "api/cache_plan.hpp"
#include "api/cached_answers.hpp"
#include "api/service.hpp"
#include "core/log.hpp"
#include "feed/feed.hpp"
#include "feed/watch_plan.hpp"
#include "http/handler.hpp"
#include "http/problem.hpp"

#include "history/sqlite.hpp"

namespace freshet::history {
namespace {

namespace asio = boost::asio;

/// A request and what was answered.
class CallExchange final : public http::Exchange {
 public:
  void begin(http::Method method, std::string_view target, std::string_view body) {
    request_.method = method;
    request_.method_text = http::to_string(method);
    request_.target = target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    request_.path = target.substr(0, mark);
    request_.query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
    request_.body = body;
    request_.headers = body.empty() ? std::span<const http::Header>() : std::span<const http::Header>(json_);
    request_.request_id = "history";
    request_.started = std::chrono::steady_clock::now();
    response_.reset();
  }

  [[nodiscard]] const http::Request& request() const noexcept override { return request_; }
  void respond(http::Response response) override { response_ = std::move(response); }
  [[nodiscard]] Coding choose_coding(std::string_view, std::size_t) const noexcept override { return Coding::identity; }
  [[nodiscard]] asio::awaitable<std::optional<Bytes>> encode(Coding, std::string_view) override {
    co_return std::nullopt;
  }
  [[nodiscard]] asio::awaitable<http::BodyWriter*> stream(http::Response) override {
    throw std::logic_error("no endpoint of the history app streams");
  }
  void set_route(std::string_view) override {}
  [[nodiscard]] std::string& note() noexcept override { return note_; }
  void set_database_time(std::uint64_t, std::uint64_t) override {}

  [[nodiscard]] const http::Response* response() const noexcept { return response_ ? &*response_ : nullptr; }

 private:
  static constexpr std::array<http::Header, 1> json_{{{"Content-Type", "application/json"}}};
  http::Request request_;
  std::optional<http::Response> response_;
  std::string note_;
};

bool is_hit(const http::Response& response) {
  if (response.head_lines.find("X-Cache: HIT") != std::string_view::npos) return true;
  for (const auto& [name, value] : response.headers) {
    if (name == "X-Cache") return value == "HIT";
  }
  return false;
}

class ServiceConversation final : public Conversation {
 public:
  explicit ServiceConversation(http::Handler& handler) : handler_(handler) {}

  asio::awaitable<Answered> ask(const Question& question) override {
    exchange_.begin(http::Method::get, question.target, {});
    const unsigned status = co_await serve();
    Answered answered{.body = {}, .status = status, .hit = false};
    if (const http::Response* const response = exchange_.response()) {
      answered.body = http::view(response->body);
      answered.hit = is_hit(*response);
    }
    co_return answered;
  }

  asio::awaitable<unsigned> post(const std::string& target, const std::string& body) override {
    exchange_.begin(http::Method::post, target, body);
    co_return co_await serve();
  }

 private:
  asio::awaitable<unsigned> serve() {
    if (!handler_.try_serve(exchange_)) {
      try {
        co_await handler_.serve(exchange_);
      } catch (const Error& error) {
        co_return http::status_of(error.kind());
      }
    }
    co_return exchange_.response()->status;
  }

  http::Handler& handler_;
  CallExchange exchange_;
};

api::AppConfig config_of(const std::filesystem::path& folder, const std::string& path, Diagnostics& problems) {
  api::ConfigOverrides overrides;
  overrides.database_url = "sqlite:" + path;
  api::AppConfig config = api::read_app_config(folder, overrides, Environment{}, problems);
  config.database.cache_kib = 2048;
  return config;
}

}  // namespace

void install_triggers(const std::filesystem::path& folder, const std::string& path) {
  Diagnostics problems;
  const api::AppConfig config = config_of(folder, path, problems);
  const std::unique_ptr<db::Database> database = db::open_database(config.database);
  const std::shared_ptr<api::App> app = api::load_app(config, *database, problems);
  if (app == nullptr) throw std::runtime_error("the history app cannot be loaded");
  std::vector<feed::Shape> shapes;
  for (const api::EndpointPtr& endpoint : app->endpoints) {
    shapes.insert(shapes.end(), endpoint->cache->shapes.begin(), endpoint->cache->shapes.end());
  }
  execute(open_sqlite(path).get(), "BEGIN;" + feed::plan_watch(config.database, shapes).up + "COMMIT");
}

struct ServiceAsker::Parts {
  api::AppConfig config;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<feed::Feed> feed;
  std::unique_ptr<api::Service> service;
  std::jthread reloads;  // last: it uses all of the above

  std::shared_ptr<api::App> load() const {
    Diagnostics problems;
    std::shared_ptr<api::App> app = api::load_app(config, *database, problems, feed.get());
    if (app == nullptr) throw std::runtime_error("the history app cannot be loaded");
    return app;
  }
  /// As `freshet serve` does it, but sooner.
  void follow_the_schema(const std::stop_token& stopped) const {
    while (!stopped.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (service->app()->schema.holds()) continue;
      try {
        service->install(load());
      } catch (const std::exception&) {
        continue;  // in the middle of a change
      }
    }
  }
};

ServiceAsker::ServiceAsker(const std::filesystem::path& folder, const std::string& path, bool with_triggers)
    : parts_(std::make_unique<Parts>()) {
  if (with_triggers) install_triggers(folder, path);
  Diagnostics problems;
  parts_->config = config_of(folder, path, problems);
  parts_->database = db::open_database(parts_->config.database);
  parts_->feed = feed::open_feed(parts_->config.database, *parts_->database);
  parts_->service = std::make_unique<api::Service>(*parts_->database, parts_->feed.get(),
                                                   Log(LogLevel::error, LogFormat::automatic), false);
  parts_->service->install(parts_->load());
  parts_->reloads = std::jthread([this](const std::stop_token& stopped) { parts_->follow_the_schema(stopped); });
}

ServiceAsker::~ServiceAsker() = default;

std::unique_ptr<Conversation> ServiceAsker::open() { return std::make_unique<ServiceConversation>(*parts_->service); }

db::Database& ServiceAsker::database() noexcept { return *parts_->database; }

std::string ServiceAsker::figures() const {
  const feed::FeedFigures feed = parts_->feed->figures();
  const cache::CacheFigures cache = parts_->service->app()->answers->cache().figures();
  std::string text =
      fmt::format("mode {}: {} catch-ups, {} records, {} gaps, {} trimmed, {} failures\n", feed::to_string(feed.mode),
                  feed.catch_ups, feed.changes, feed.gaps, feed.trimmed, feed.failures);
  text +=
      fmt::format("{} entries; fills: {} kept, {} moved, {} unplaced; {} waited for another's, {} bypasses\n",
                  cache.store.entries, cache.store.fills, cache.moved, cache.unplaced, cache.waited, cache.bypasses);
  return feed.reason.empty() ? text : text + feed.reason + "\n";
}

}  // namespace freshet::history
