#include "history/writers.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <sstream>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "history/process.hpp"

namespace freshet::history {
namespace {

namespace asio = boost::asio;

// Writes come in gusts, of all writers at the same time: what is missed in the last of one shows for as long as it is
// calm.
constexpr auto gust_every = std::chrono::milliseconds(120);
constexpr auto gust = std::chrono::milliseconds(60);

std::chrono::steady_clock::time_point next_in_a_gust(std::chrono::steady_clock::time_point time) {
  const auto since = time.time_since_epoch() % gust_every;
  return since < gust ? time : time - since + gust_every;
}

template <class T>
T wait_for(asio::io_context& io, asio::awaitable<T> coroutine) {
  io.restart();
  auto result = asio::co_spawn(io, std::move(coroutine), asio::use_future);
  io.run();
  return result.get();
}

class ProcessWriter final : public Writer {
 public:
  ProcessWriter(std::vector<std::string> command, unsigned kill_every)
      : command_(std::move(command)), kill_every_(kill_every), random_(kill_every) {}

  End run(const Op& op) override {
    if (process_ == nullptr) process_ = std::make_unique<Process>(command_);
    const std::string line = fmt::format("{}|{:d}|{:d}|{:d}|{}\n", op.id, op.foreign_keys, op.recursive_triggers,
                                         op.rolls_back, fmt::join(op.statements, "\x1f"));
    const Time asked = now();
    std::thread killer;
    if (kill_every_ != 0 && random_() % kill_every_ == 0) killer = std::thread([this] { kill_soon(); });
    std::string answer;
    const bool heard = process_->ask(line, answer);
    if (killer.joinable()) killer.join();
    if (!heard) {
      process_.reset();
      return {.outcome = Outcome::unknown, .times = {.begun = asked, .returned = never}};
    }
    return end_of(answer);
  }

 private:
  static End end_of(const std::string& answer) {
    std::istringstream words(answer);
    OpId id = 0;
    std::string outcome;
    CommitTimes times;
    words >> id >> outcome >> times.begun >> times.returned;
    return outcome == "committed" ? End{.outcome = Outcome::committed, .times = times} : End{};
  }
  void kill_soon() {
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 500));
    process_->signal(SIGKILL);
  }

  const std::vector<std::string> command_;
  const unsigned kill_every_;
  std::mt19937_64 random_;
  std::unique_ptr<Process> process_;
};

class ShellWriter final : public Writer {
 public:
  explicit ShellWriter(std::string path) : path_(std::move(path)) {}

  End run(const Op& op) override {
    const std::string script = fmt::format(
        "PRAGMA foreign_keys = {}; PRAGMA recursive_triggers = {}; BEGIN IMMEDIATE; {}; {};", op.foreign_keys ? 1 : 0,
        op.recursive_triggers ? 1 : 0, fmt::join(op.statements, "; "), op.rolls_back ? "ROLLBACK" : "COMMIT");
    CommitTimes times{.begun = now(), .returned = never};
    const int code = run_process({"sqlite3", "-batch", "-bail", "-cmd", ".timeout 30000", path_, script});
    times.returned = now();
    if (code == 0 && !op.rolls_back) return {.outcome = Outcome::committed, .times = times};
    return {};
  }

 private:
  const std::string path_;
};

class DatabaseWriter final : public Writer {
 public:
  explicit DatabaseWriter(db::Database& database) : database_(database) {}

  // Freshet's own transactions have no savepoints, and foreign keys always.
  Op next(Scribe& scribe, OpId id) override {
    Op op = scribe.script(id);
    while (std::ranges::any_of(op.statements, [](const std::string& text) { return text.starts_with("SAVEPOINT"); })) {
      op = scribe.script(id);
    }
    op.foreign_keys = true;
    op.recursive_triggers = false;
    if (op.rolls_back) op.statements.emplace_back("INSERT INTO audit (op) VALUES (NULL)");  // refused, and all with it
    return op;
  }

  End run(const Op& op) override {
    CommitTimes times{.begun = now(), .returned = never};
    try {
      db::Work work;
      work.mode = db::Mode::write;
      for (const std::string& statement : op.statements) {
        work.steps.emplace_back().statement = database_.prepare(statement);
      }
      work.steps.back().changed = [&times](std::int64_t) { times.begun = now(); };
      wait_for(io_, database_.run(work));
    } catch (const Error&) {
      return {};
    }
    times.returned = now();
    return {.outcome = Outcome::committed, .times = times};
  }

 private:
  asio::io_context io_{1};
  db::Database& database_;
};

class EndpointWriter final : public Writer {
 public:
  EndpointWriter(Asker& asker, const std::vector<EndpointFile>& endpoints)
      : conversation_(asker.open()), endpoints_(endpoints) {}

  Op next(Scribe& scribe, OpId id) override { return scribe.call(id); }

  End run(const Op& op) override {
    const auto endpoint = std::ranges::find_if(
        endpoints_, [&](const EndpointFile& file) { return file.route == op.endpoint && file.writes; });
    const std::string body = body_of(*endpoint, op.arguments);
    CommitTimes times{.begun = now(), .returned = never};
    const unsigned status = wait_for(io_, conversation_->post(op.endpoint, body));
    if (status == 0) return {.outcome = Outcome::unknown, .times = times};
    times.returned = now();
    if (status >= 300) return {};
    return {.outcome = Outcome::committed, .times = times};
  }

 private:
  asio::io_context io_{1};  // its connection lives on it
  const std::unique_ptr<Conversation> conversation_;
  const std::vector<EndpointFile>& endpoints_;
};

}  // namespace

std::unique_ptr<Writer> process_writer(std::vector<std::string> command, unsigned kill_every) {
  return std::make_unique<ProcessWriter>(std::move(command), kill_every);
}
std::unique_ptr<Writer> shell_writer(std::string path) { return std::make_unique<ShellWriter>(std::move(path)); }
std::unique_ptr<Writer> database_writer(db::Database& database) { return std::make_unique<DatabaseWriter>(database); }
std::unique_ptr<Writer> endpoint_writer(Asker& asker, const std::vector<EndpointFile>& endpoints) {
  return std::make_unique<EndpointWriter>(asker, endpoints);
}

Writers::Writers(Ledger& ledger, const WorldSize& size, std::uint64_t seed, std::vector<WriterPace> paces)
    : ledger_(ledger), size_(size), seed_(seed), paces_(std::move(paces)) {}

Writers::~Writers() { stop(); }

void Writers::start() {
  std::uint64_t seed = seed_ * 100;
  for (const WriterPace& pace : paces_) {
    threads_.emplace_back([this, &pace, own = ++seed] { write(pace, own); });
  }
}

void Writers::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Writers::pause() {
  paused_ = true;
  while (writing_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void Writers::resume() { paused_ = false; }

void Writers::write(const WriterPace& pace, std::uint64_t seed) {
  try {
    Scribe scribe(size_, seed);
    std::mt19937_64 random(seed);
    std::exponential_distribution<double> gap(pace.per_second * gust_every / gust);
    const std::unique_ptr<Writer> writer = pace.make();
    auto next = std::chrono::steady_clock::now();
    while (!stopping_) {
      ++writing_;
      if (!paused_) write_once(*writer, scribe);
      --writing_;
      // As a Poisson process does; what could not be written in time is not made up for.
      next += std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(gap(random)));
      next = next_in_a_gust(std::max(next, std::chrono::steady_clock::now()));
      std::this_thread::sleep_until(next);
    }
  } catch (const std::exception& error) {
    --writing_;
    const std::lock_guard lock(mutex_);
    trouble_ = error.what();
  }
}

void Writers::write_once(Writer& writer, Scribe& scribe) {
  Op op = writer.next(scribe, ledger_.next_id());
  if (op.endpoint.empty() && op.id % 256 == 0) {
    op.statements.push_back(fmt::format("DELETE FROM audit WHERE seq < {}", forget_to_.load() - 16));
  }
  ledger_.open(op);
  const Writer::End end = writer.run(op);
  ledger_.close(op.id, end.outcome, end.times);
}

}  // namespace freshet::history
