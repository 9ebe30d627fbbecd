#include "db/sqlite/session.hpp"

#include <pthread.h>

#include <utility>

namespace freshet::db::sqlite {
namespace {

constexpr std::chrono::hours optimize_every{1};

}  // namespace

Session::Session(const ConnectionOptions& options, AlarmClock& alarms, std::string name) : options_(options) {
  // Safe without a look at what runs: run() clears the alarm before it lets go of the statement.
  timeout_.emplace(alarms, [this](AlarmClock::Time) {
    connection_->stop(Interruption::timeout);
    return AlarmClock::never;
  });
  thread_ = std::thread([this, name = std::move(name)] { serve(name); });
}

Session::~Session() {
  stopping_.store(true, std::memory_order_release);
  wake_.fetch_add(1, std::memory_order_release);
  wake_.notify_one();
  thread_.join();
}

void Session::post(Job& job) noexcept {
  job_.store(&job, std::memory_order_release);
  if (std::this_thread::get_id() == thread_.get_id()) return;  // it looks again before it sleeps
  wake_.fetch_add(1, std::memory_order_release);
  wake_.notify_one();
}

Job* Session::next_job() noexcept {
  for (;;) {
    const std::uint32_t seen = wake_.load(std::memory_order_acquire);
    if (Job* job = job_.exchange(nullptr, std::memory_order_acquire); job != nullptr) return job;
    if (stopping_.load(std::memory_order_acquire)) return nullptr;
    wake_.wait(seen, std::memory_order_acquire);
  }
}

void Session::serve(const std::string& name) noexcept {
  pthread_setname_np(pthread_self(), name.c_str());
  while (Job* job = next_job()) job->run(*this);
  connection_.reset();  // closed by the thread that used it
}

void Session::reconnect() {
  connection_.reset();
  file_ = FileIdentity::of(options_.path);
  if (!file_.exists()) {
    throw Error(ErrorKind::unavailable, "the database could not be opened")
        .detailing("its file is gone")
        .retry_after(1);
  }
  connection_ = std::make_unique<SqliteConnection>(options_);
  optimized_at_ = std::chrono::steady_clock::now();
}

bool Session::same_file() const noexcept { return file_.is_at(options_.path); }

void Session::abandon() noexcept { connection_.reset(); }

void Session::housekeep() noexcept {
  const auto now = std::chrono::steady_clock::now();
  if (now - optimized_at_ < optimize_every) return;
  optimized_at_ = now;
  connection_->optimize();
}

std::int64_t Session::run(const Step& step, std::chrono::milliseconds timeout) {
  struct Limit {
    Session& session;
    Limit(Session& which, std::chrono::milliseconds length) : session(which) {
      session.timeout_->set(std::chrono::steady_clock::now() + length);
    }
    ~Limit() {
      session.timeout_->clear();
      session.connection_->forget_stop(Interruption::timeout);  // rung when the statement was just done
    }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;
  };
  const Limit limit(*this, timeout);
  return connection_->run(step);
}

Session::Running::Running(Session& session, const Job& job) : session_(session) {
  const std::lock_guard lock(session_.running_mutex_);
  session_.running_ = &job;
}

Session::Running::~Running() {
  const std::lock_guard lock(session_.running_mutex_);
  session_.running_ = nullptr;
}

void Session::stop(const Job& job, Interruption why) noexcept {
  const std::lock_guard lock(running_mutex_);
  if (running_ == &job) connection_->stop(why);
}

void Session::stop_whatever_runs(Interruption why) noexcept {
  const std::lock_guard lock(running_mutex_);
  if (running_ != nullptr) connection_->stop(why);
}

}  // namespace freshet::db::sqlite
