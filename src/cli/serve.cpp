// freshet serve: the composition root. Everything is built here, started in a visible order and stopped in the reverse.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "api/admin.hpp"
#include "api/service.hpp"
#include "api/warming.hpp"
#include "cli/cache_commands.hpp"
#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/report.hpp"
#include "cli/runtime_file.hpp"
#include "core/async/folder_watch.hpp"
#include "core/log.hpp"
#include "db/location.hpp"
#include "db/migrations.hpp"
#include "feed/feed.hpp"
#include "http/access_log.hpp"
#include "http/server.hpp"

namespace freshet::cli {
namespace {

struct ServeArguments {
  AppArguments app;
  std::string host;
  int port = -1;
  bool development = false;
  bool no_reload = false;
};

api::AppConfig read_config(const ServeArguments& arguments) {
  api::AppConfig config = read_config(arguments.app);
  if (!arguments.host.empty()) config.server.host = arguments.host;
  if (arguments.port >= 0) config.server.port = static_cast<std::uint16_t>(arguments.port);
  if (arguments.development) config.api.development = true;
  if (arguments.no_reload) config.api.reload = false;
  return config;
}

void bring_up_to_date(const api::AppConfig& config, const Log& log) {
  if (config.database.read_only) return;
  require_schema(config, *db::open_connection(config.database), false,
                 [&](const db::Migration& migration) { log.info("applied migration {}", migration.name); });
}

/// A running server, and what a change of the folder or a signal does to it.
class Serving {
 public:
  explicit Serving(const ServeArguments& arguments)
      : arguments_(arguments),
        config_(read_config(arguments)),
        log_(config_.log.level, config_.log.format),
        database_((bring_up_to_date(config_, log_), db::open_database(config_.database))),
        feed_(follow_changes()),
        service_(std::make_shared<api::Service>(*database_, feed_.get(), log_, development())),
        access_log_({.which = config_.log.access, .format = config_.log.format}) {
    database_->on_notice([log = log_](std::string_view said) { log.info("the database says: {}", said); });
    if (config_.api.reload) watch();  // before anything is read: a change that comes meanwhile is not missed
    install(compile_app(config_, *database_, feed_.get()));
    note_how_writes_are_seen();
    server_ = std::make_unique<http::Server>(config_.server, service_, &access_log_);
    if (config_.admin.enabled) admin_ = std::make_unique<http::Server>(admin_options(), admin_handler(), nullptr);
  }

  /// However run() ended: the database lets go of what waits for it before the server goes.
  ~Serving() {
    if (feed_) feed_->close();
    database_->close(std::chrono::steady_clock::now());
  }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  void run() {
    // Before anybody hears that it serves: a signal that comes at once is not the end of everything.
    boost::asio::signal_set stop(io_, SIGINT, SIGTERM);
    stop.async_wait([this](auto, int) { io_.stop(); });
    boost::asio::signal_set again(io_, SIGHUP);
    await_hangup(again);
    boost::asio::steady_timer look(io_);
    look_at_the_schema(look);
    server_->start();
    if (admin_) admin_->start();
    be_found();
    announce();
    io_.run();
    shut_down();
  }

 private:
  [[nodiscard]] bool development() const { return config_.api.development.value_or(::isatty(STDOUT_FILENO) != 0); }

  void install(std::shared_ptr<api::App> app) {
    service_->install(std::move(app));
    warming_.reset();
    const api::AppPtr installed = service_->app();
    if (installed->answers == nullptr || !installed->config.cache.warm) return;
    warming_ = std::make_unique<api::Warming>(installed, *database_, io_.get_executor(), log_);
  }

  // Once for each that is another one than before: a saved file changes nothing of it, most of the time.
  void note_how_writes_are_seen() noexcept {
    if (!feed_) return;
    try {
      std::string hint = watch_hint(*service_->app(), config_.database, false);
      if (!hint.empty() && hint != watch_hint_) log_.info("{}", hint);
      watch_hint_ = std::move(hint);
    } catch (const std::exception& failure) {  // the database is busy, or gone: others say so
      log_.debug("how writes are seen is not known: {}", failure.what());
    }
  }

  // Without the feed nobody could tell when an answer stops being true: then every request goes to the database.
  [[nodiscard]] std::unique_ptr<feed::Feed> follow_changes() const {
    if (!config_.cache.enabled && config_.rollups.empty()) return nullptr;
    try {
      return feed::open_feed(config_.database, *database_);
    } catch (const Error& error) {
      log_.warning("no answers are kept in memory, and no rollups are asked: {}", describe(error));
      return nullptr;
    }
  }

  [[nodiscard]] http::ServerOptions admin_options() const {
    http::ServerOptions options;
    options.host = "127.0.0.1";
    options.port = config_.admin.port.value_or(0);
    options.threads = 1;
    return options;
  }
  [[nodiscard]] std::shared_ptr<http::Handler> admin_handler() const {
    return std::make_shared<api::AdminHandler>([this] { return server_->figures(); }, *service_, *database_,
                                               admin_token_);
  }
  [[nodiscard]] std::string admin_url() const { return fmt::format("http://127.0.0.1:{}", admin_->port()); }

  // `freshet cache` asks who serves this app.
  void be_found() {
    if (!admin_) return;
    try {
      runtime_file_ =
          std::make_unique<RuntimeFile>(config_.folder, AdminAddress{.url = admin_url(), .token = admin_token_});
    } catch (const Error& error) {
      log_.warning("`freshet cache` will not find this server: {}", describe(error));
    }
  }

  // On stderr, like the log: stdout is for access lines, which programs read.
  void announce() const {
    const std::string_view scheme = config_.server.tls_certificate_file.empty() ? "http" : "https";
    const bool any_address = config_.server.host == "0.0.0.0" || config_.server.host == "::";
    const std::string url =
        fmt::format("{}://{}:{}", scheme, any_address ? "localhost" : config_.server.host, server_->port());
    const std::size_t count = service_->app()->endpoints.size();
    const std::string metrics = config_.admin.port && admin_ ? admin_url() + "/metrics" : "";
    if (::isatty(STDERR_FILENO) == 0) {
      log_.info("{} serves {} endpoints at {}", config_.name, count, url);
      if (!metrics.empty()) log_.info("metrics are at {}", metrics);
      return;
    }
    fmt::print(stderr, "{} serves {} endpoints at {}\n", styled(STDERR_FILENO, "1", config_.title), count,
               styled(STDERR_FILENO, "1;4", url));
    if (config_.api.docs) fmt::print(stderr, "  try them    {}/docs\n  OpenAPI     {}/openapi.json\n", url, url);
    if (!metrics.empty()) fmt::print(stderr, "  metrics     {}\n", metrics);
    fmt::print(stderr, "  database    {}{}\n", db::parse_location(config_.database.url).shown(),
               config_.database.read_only ? " (read-only)" : "");
    fmt::print(stderr, "  stop        Ctrl-C{}\n",
               config_.api.reload ? "; changed files are taken up by themselves" : "");
  }

  void watch() {
    try {
      watch_ = std::make_unique<FolderWatch>(
          io_,
          FolderWatch::Options{
              .folder = config_.folder, .files = {"freshet.toml"}, .subfolders = {"endpoints", "migrations"}},
          [this] { reload(); });
    } catch (const Error& error) {
      log_.warning("changes will not be noticed: {}", error.message());
    }
  }

  void await_hangup(boost::asio::signal_set& signals) {
    signals.async_wait([this, &signals](auto error, int) {
      if (error) return;
      reload();
      await_hangup(signals);
    });
  }

  // What answers depend on was reasoned out of the schema; until that is done anew, none is kept and no rollup is
  // asked.
  void look_at_the_schema(boost::asio::steady_timer& timer) {
    timer.expires_after(schema_patience_);
    timer.async_wait([this, &timer](auto error) {
      if (error) return;
      if (!feed_ || service_->app()->schema.holds()) {
        schema_patience_ = schema_patience_min;
      } else {
        log_.info("the schema has changed");
        const bool taken_up = reload();
        schema_patience_ = taken_up ? schema_patience_min : std::min(schema_patience_max, 2 * schema_patience_);
      }
      look_at_the_schema(timer);
    });
  }

  // A broken change leaves what serves in place and says why. True: what is there now is served.
  bool reload() {
    const auto started = std::chrono::steady_clock::now();
    Diagnostics problems;
    const Environment environment;
    api::AppConfig config = api::read_app_config(config_.folder, arguments_.app.overrides(), environment, problems);
    if (problems.empty()) {
      config.api.development = config_.api.development;
      note_what_needs_a_restart(config);
      try {
        http::verify(config.server);  // before the next start finds out
        note_pending_migrations();
        if (std::shared_ptr<api::App> app = api::load_app(std::move(config), *database_, problems, feed_.get())) {
          const std::size_t count = app->endpoints.size();
          install(std::move(app));
          const auto took =
              std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
          log_.info("reloaded {} endpoints in {} ms", count, took.count());
          note_how_writes_are_seen();
          return true;
        }
      } catch (const Error& error) {
        problems.push_back(error);
      } catch (const std::exception& failure) {  // a folder that vanishes while it is read, no memory
        problems.push_back(Error(ErrorKind::config, failure.what()));
      }
    }
    for (const Error& problem : problems) log_.error("{}", describe(problem));
    log_.error("not reloaded: {} problem{}; the version before goes on serving", problems.size(),
               problems.size() == 1 ? "" : "s");
    return false;
  }

  void note_what_needs_a_restart(const api::AppConfig& config) const {
    if (config.database != boot_file_config_.database || config.server != boot_file_config_.server ||
        config.admin != boot_file_config_.admin) {
      log_.warning("[database], [server] and [admin] settings changed: they count from the next start");
    }
    log_.set_level(config.log.level);
  }

  void note_pending_migrations() const {
    const auto migrations = db::read_migrations(config_.folder / "migrations", db::dialect_of(config_.database));
    if (migrations.empty() || config_.database.read_only) return;
    const std::unique_ptr<db::Connection> connection = db::open_connection(config_.database);
    for (const db::MigrationStatus& status : db::migration_status(*connection, migrations)) {
      if (status.state == db::MigrationState::pending) {
        log_.warning("migration {} is pending: freshet migrate {}", status.name, config_.folder.string());
      }
    }
  }

  void shut_down() {
    watch_.reset();
    warming_.reset();
    service_->set_draining();
    log_.info("stopping: finishing {} requests", server_->figures().requests_in_flight);
    const std::size_t cut = server_->drain();
    runtime_file_.reset();
    if (admin_) (void)admin_->drain();
    if (feed_) feed_->close();
    database_->close(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    if (cut == 0) {
      log_.info("stopped");
      return;
    }
    log_.warning("stopped; {} requests did not finish within the drain timeout", cut);
    throw Exit{1};
  }

  ServeArguments arguments_;
  api::AppConfig config_;
  api::AppConfig boot_file_config_ = read_config(arguments_.app);  // as the file says, without the command line
  Log log_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<feed::Feed> feed_;  // null: no answer is kept
  std::shared_ptr<api::Service> service_;
  http::AccessLog access_log_;
  std::unique_ptr<http::Server> server_;
  const std::string admin_token_ = make_token();
  std::unique_ptr<http::Server> admin_;
  std::unique_ptr<RuntimeFile> runtime_file_;
  boost::asio::io_context io_;
  std::string watch_hint_;  // as it was told
  static constexpr std::chrono::seconds schema_patience_min{1}, schema_patience_max{60};
  std::chrono::seconds schema_patience_{schema_patience_min};  // until the schema is looked at again
  std::unique_ptr<FolderWatch> watch_;
  std::unique_ptr<api::Warming> warming_;  // null: nothing is filled ahead
};

}  // namespace

void add_serve(CLI::App& root) {
  CLI::App* command = root.add_subcommand("serve", "Serve an app over HTTP");
  command->group(group_run);
  auto arguments = std::make_shared<ServeArguments>();
  add_app_arguments(*command, arguments->app);
  command->add_option("--host", arguments->host, "Address to listen on");
  command->add_option("--port", arguments->port, "Port to listen on; 0: any free one")
      ->check(CLI::Range(0, 65535).description(""));
  command->add_flag("--dev", arguments->development, "Say more in errors (the default on a terminal)");
  command->add_flag("--no-reload", arguments->no_reload, "Do not watch the folder for changes");
  command->footer(
      "The app is verified before the port opens, and pending migrations are applied first.\n"
      "A changed file is taken up without dropping a request; a broken one leaves the old version serving.\n"
      "SIGTERM or Ctrl-C: what runs is finished, then the process ends. SIGHUP: look at the folder again.");
  command->callback([arguments] { Serving(*arguments).run(); });
}

}  // namespace freshet::cli
