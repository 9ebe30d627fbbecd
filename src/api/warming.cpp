#include "api/warming.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "api/cache_plan.hpp"
#include "api/cached_answers.hpp"
#include "core/text.hpp"
#include "sql/parameter.hpp"

namespace freshet::api {
namespace {

namespace asio = boost::asio;

const sql::ParameterSpec* parameter_of(const Endpoint& endpoint, std::string_view name) {
  for (const sql::ParameterSpec& spec : endpoint.source.parameters) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

void verify_columns(const WarmStart& start) {
  for (const db::Column& column : start.parameters->columns) {
    if (parameter_of(*start.endpoint, column.name) == nullptr) {
      throw Error(ErrorKind::config, fmt::format("its column `{}` is no parameter of the endpoint", column.name));
    }
  }
}

/// What a request of the endpoint cannot go without.
void verify_all_given(const WarmStart& start) {
  for (const sql::ParameterSpec& spec : start.endpoint->source.parameters) {
    if (!spec.required) continue;
    const auto is_it = [&](const db::Column& column) { return column.name == spec.name; };
    if (start.parameters != nullptr && std::ranges::any_of(start.parameters->columns, is_it)) continue;
    throw Error(ErrorKind::config, fmt::format("the endpoint needs `{}`", spec.name))
        .hinting(fmt::format("parameters = \"SELECT … AS {}\"", spec.name));
  }
}

void verify_kept(const Endpoint& endpoint) {
  if (endpoint.cache->cacheable) return;
  throw Error(ErrorKind::config, fmt::format("its answers are not kept: {}", endpoint.cache->reason));
}

void verify_no_header(const Endpoint& endpoint) {
  if (endpoint.vary.empty()) return;
  throw Error(ErrorKind::config, fmt::format("its answers depend on headers ({})", endpoint.vary));
}

EndpointPtr endpoint_of(const App& app, std::string_view route) {
  for (const EndpointPtr& endpoint : app.endpoints) {
    if (endpoint->method == http::Method::get && endpoint->route == route) return endpoint;
  }
  throw Error(ErrorKind::config, "there is no such GET endpoint");
}

Error in_settings(const App& app, std::string_view setting, const Error& error) {
  return Error(ErrorKind::config, fmt::format("{}: {}", setting, error.message()))
      .hinting(error.hint())
      .at({.file = (app.config.folder / "freshet.toml").string(), .line = 0, .column = 0});
}

std::string text_of(const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      return {};
    case Cell::Type::integer:
      return fmt::format("{}", cell.integer);
    case Cell::Type::real:
      return fmt::format("{}", cell.real);
    case Cell::Type::text:
    case Cell::Type::blob:
      break;
  }
  return std::string(cell.text);
}

/// Makes a request target of each row. NULL leaves a parameter out.
class TargetSink final : public db::RowSink {
 public:
  TargetSink(const WarmStart& start, std::vector<std::string>& targets) : start_(start), targets_(targets) {}

  bool row(Row row) override {
    std::string path = start_.endpoint->route;
    std::string query;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string& name = start_.parameters->columns[i].name;
      const std::string mark = fmt::format("{{{}}}", name);
      const std::size_t at = path.find(mark);
      if (row[i].type == Cell::Type::null) {
        if (at != std::string::npos) return true;  // no path has no value
        continue;
      }
      const std::string value = percent_encode(text_of(row[i]));
      if (at != std::string::npos) {
        path.replace(at, mark.size(), value);
      } else {
        query += fmt::format("{}{}={}", query.empty() ? '?' : '&', percent_encode(name), value);
      }
    }
    targets_.push_back(path + query);
    return targets_.size() < warm_targets_max;
  }

 private:
  const WarmStart& start_;
  std::vector<std::string>& targets_;
};

// One that fails leaves the others their chance, and the warmer its work.
asio::awaitable<void> warm(AppPtr app, db::Database& database, Log log) {
  std::vector<std::string> targets;
  for (const WarmStart& start : app->warm_starts) {
    try {
      std::vector<std::string> more = co_await warm_targets(start, database);
      std::ranges::move(more, std::back_inserter(targets));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      log.warning("[[cache.warm.start]] of {}: {}", start.endpoint->route, describe(error));
    }
  }
  cache::Warmer& warmer = app->answers->warmer();
  warmer.add(std::move(targets));
  co_await warmer.run();
}

}  // namespace

void verify_route_limits(const App& app, Diagnostics& problems) {
  for (const auto& [route, limit] : app.config.cache.route_bytes_max) {
    try {
      verify_kept(*endpoint_of(app, route));
    } catch (const Error& error) {
      problems.push_back(in_settings(app, fmt::format("[cache.routes] of {}", route), error));
    }
  }
}

std::vector<WarmStart> compile_warm_starts(const App& app, db::Database& database, Diagnostics& problems) {
  std::vector<WarmStart> starts;
  for (const CacheOptions::Start& each : app.config.cache.start) {
    try {
      WarmStart start{.endpoint = endpoint_of(app, each.route), .parameters = nullptr};
      if (!each.parameters.empty()) {
        start.parameters = database.prepare(each.parameters);
        if (!start.parameters->read_only || start.parameters->parameter_count != 0) {
          throw Error(ErrorKind::config, "it must be a SELECT without parameters");
        }
        verify_columns(start);
      }
      verify_all_given(start);
      // On PostgreSQL it is a matter of the server, not of the app, whether an answer can be kept.
      if (!start.endpoint->cache->cacheable && database.dialect() == db::Dialect::postgres) continue;
      verify_kept(*start.endpoint);
      verify_no_header(*start.endpoint);
      starts.push_back(std::move(start));
    } catch (const Error& error) {
      problems.push_back(in_settings(app, fmt::format("[[cache.warm.start]] of {}", each.route), error));
    }
  }
  return starts;
}

asio::awaitable<std::vector<std::string>> warm_targets(const WarmStart& start, db::Database& database) {
  std::vector<std::string> targets;
  if (start.parameters == nullptr) {
    targets.push_back(start.endpoint->route);
    co_return targets;
  }
  TargetSink sink(start, targets);
  db::Work work;
  db::Step step;
  step.statement = start.parameters;
  step.sink = &sink;
  work.steps.push_back(std::move(step));
  co_await database.run(work);
  co_return targets;
}

/// Lives until the coroutine has ended: its slot is the coroutine's.
struct Warming::Stop {
  asio::cancellation_signal signal;
};

Warming::Warming(AppPtr app, db::Database& database, const asio::any_io_executor& executor, Log log)
    : stop_(std::make_shared<Stop>()) {
  asio::co_spawn(executor, warm(std::move(app), database, std::move(log)),
                 asio::bind_cancellation_slot(stop_->signal.slot(), [stop = stop_](const std::exception_ptr&) {}));
}

Warming::~Warming() { stop_->signal.emit(asio::cancellation_type::all); }

}  // namespace freshet::api
