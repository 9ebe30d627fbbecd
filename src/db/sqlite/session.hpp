#pragma once
// A connection on a thread of its own: what the pools of a SQLite database keep.

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/async/alarm_clock.hpp"
#include "db/pool.hpp"
#include "db/sqlite/connection.hpp"
#include "db/sqlite/file_identity.hpp"

namespace freshet::db::sqlite {

class Session;

/// What a session runs. Lives until run() is called; run() may destroy it.
class Job {
 public:
  virtual ~Job() = default;
  virtual void run(Session& session) noexcept = 0;
};

/// post(), stop() and stop_whatever_runs() may be called from any thread, the rest on the session's thread only. One
/// job at a time: whoever holds the lease posts the next one when the last one is done. A job that is posted by the
/// session's own thread (because a lease went straight to the next in line) costs no wake-up.
class Session final : public PoolSession {
 public:
  Session(const ConnectionOptions& options, AlarmClock& alarms, std::string name);
  /// Waits for the job that runs. Not to be called on the session's own thread.
  ~Session() override;

  void post(Job& job) noexcept;

  [[nodiscard]] bool connected() const noexcept { return connection_ != nullptr; }
  /// Closes what is open and opens anew. Throws as open() does, and unavailable if there is no file any more: a new and
  /// empty one would take the place of whatever somebody is about to put there.
  void reconnect();
  /// Still the file that was opened? Somebody may have moved another one into its place. One system call.
  [[nodiscard]] bool same_file() const noexcept;
  [[nodiscard]] SqliteConnection& connection() noexcept { return *connection_; }
  void abandon() noexcept override;
  /// PRAGMA optimize, if the last one was long ago.
  void housekeep() noexcept;

  /// Runs one step with a time limit.
  std::int64_t run(const Step& step, std::chrono::milliseconds timeout);

  /// Marks `job` as the one that stop() may stop while this object lives.
  class Running {
   public:
    Running(Session& session, const Job& job);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Session& session_;
  };
  /// Stops the statement of `job`, if that is what runs here now.
  void stop(const Job& job, Interruption why) noexcept;
  void stop_whatever_runs(Interruption why) noexcept;

 private:
  void serve(const std::string& name) noexcept;
  [[nodiscard]] Job* next_job() noexcept;

  const ConnectionOptions options_;
  std::unique_ptr<SqliteConnection> connection_;
  std::chrono::steady_clock::time_point optimized_at_;
  FileIdentity file_;

  std::mutex running_mutex_;
  const Job* running_ = nullptr;  // guarded by running_mutex_

  std::atomic<Job*> job_{nullptr};
  std::atomic<std::uint32_t> wake_{0};  // counts posts; what the thread sleeps on
  std::atomic<bool> stopping_{false};
  std::optional<Alarm> timeout_;  // declared after what it rings for
  std::thread thread_;            // last: it uses all of the above
};

}  // namespace freshet::db::sqlite
