#include "api/figures.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace freshet::api {
namespace {

class Text {
 public:
  void counter(std::string_view name, std::string_view help, std::uint64_t value) { one(name, "counter", help, value); }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) { one(name, "gauge", help, value); }

  /// The same figure of both pools, told apart by a label.
  void pools(std::string_view name, std::string_view type, std::string_view help, const db::DatabaseFigures& database,
             const std::function<std::uint64_t(const db::PoolFigures&)>& figure) {
    head(name, type, help);
    out_ += fmt::format("freshet_pool_{0}{{pool=\"readers\"}} {1}\nfreshet_pool_{0}{{pool=\"writer\"}} {2}\n", name,
                        figure(database.readers), figure(database.writer));
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void head(std::string_view name, std::string_view type, std::string_view help) {
    out_ += fmt::format("# HELP freshet_pool_{0} {1}\n# TYPE freshet_pool_{0} {2}\n", name, help, type);
  }
  void one(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    out_ += fmt::format("# HELP freshet_{0} {1}\n# TYPE freshet_{0} {2}\nfreshet_{0} {3}\n", name, help, type, value);
  }
  std::string out_;
};

void write_server(Text& text, const http::ServerFigures& server) {
  text.counter("http_connections_total", "Connections accepted.", server.connections_accepted);
  text.gauge("http_connections_open", "Connections open now.", server.connections_open);
  text.counter("http_connections_refused_total", "Connections over the limit.", server.connections_refused);
  text.counter("http_requests_total", "Requests answered.", server.requests);
  text.gauge("http_requests_in_flight", "Requests being answered now.", server.requests_in_flight);
  text.counter("http_received_bytes_total", "Bytes received.", server.bytes_in);
  text.counter("http_sent_bytes_total", "Bytes sent.", server.bytes_out);
  text.counter("http_timeouts_total", "Connections and requests that took too long.", server.timeouts);
  text.counter("http_bad_requests_total", "Requests that were no HTTP.", server.bad_requests);
  text.counter("http_encodings_refused_total", "Bodies sent as they were, since too much was being compressed.",
               server.encodings_refused);
  text.gauge("http_encoding_bytes", "Bytes of large bodies being compressed now, or waiting for it.",
             server.encoding_bytes);
}

void write_pools(Text& text, const db::DatabaseFigures& database) {
  using Figures = db::PoolFigures;
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  text.pools("sessions_max", "gauge", "Sessions at most, overflow included.", database,
             [=](const Figures& f) { return number(f.size + f.overflow); });
  text.pools("sessions_open", "gauge", "Sessions open now.", database,
             [=](const Figures& f) { return number(f.open); });
  text.pools("sessions_in_use", "gauge", "Sessions in use now.", database,
             [=](const Figures& f) { return number(f.in_use); });
  text.pools("waiting", "gauge", "Requests that wait for a session.", database,
             [=](const Figures& f) { return number(f.waiting); });
  text.pools("acquired_total", "counter", "Sessions handed out.", database,
             [](const Figures& f) { return f.acquired; });
  text.pools("timeouts_total", "counter", "Waits that were given up.", database,
             [](const Figures& f) { return f.timeouts; });
  text.pools("rejected_total", "counter", "Requests turned away because the queue was full.", database,
             [](const Figures& f) { return f.rejected; });
  text.pools("opened_total", "counter", "Sessions opened.", database, [](const Figures& f) { return f.opened; });
  text.pools("recycled_total", "counter", "Sessions replaced for their age.", database,
             [](const Figures& f) { return f.recycled; });
  text.pools("discarded_total", "counter", "Sessions thrown away as broken.", database,
             [](const Figures& f) { return f.discarded; });
  text.pools("wait_microseconds_total", "counter", "Time spent waiting for sessions.", database,
             [](const Figures& f) { return f.wait_us_total; });
  text.pools("wait_microseconds_max", "gauge", "The longest wait for a session.", database,
             [](const Figures& f) { return f.wait_us_max; });
}

}  // namespace

std::string figures_text(const http::ServerFigures& server, const db::DatabaseFigures& database) {
  Text text;
  write_server(text, server);
  write_pools(text, database);
  text.counter("database_statements_total", "Statements run.", database.statements);
  text.counter("database_statement_timeouts_total", "Statements stopped for their time.", database.statement_timeouts);
  text.counter("database_busy_retries_total", "Writes begun again because another process held the lock.",
               database.busy_retries);
  text.counter("database_errors_total", "Statements that failed.", database.errors);
  return text.take();
}

}  // namespace freshet::api
