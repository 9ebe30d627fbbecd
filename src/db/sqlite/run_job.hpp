#pragma once
// One Work on its way: waits for a session, runs on the session's thread, resumes the caller.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>

#include "db/pool.hpp"
#include "db/sqlite/session.hpp"
#include "db/statement.hpp"

namespace freshet::db::sqlite {

/// What all jobs of a database share; outlives them.
struct JobContext {
  ConnectionOptions reader, writer;
  std::chrono::milliseconds statement_timeout{};
  AlarmClock& alarms;
  std::shared_ptr<Pool> readers, writers;
  std::atomic<bool> stopping = false;  // nothing begins any more
  std::atomic<unsigned> sessions = 0;  // ever opened, for their names
  std::atomic<std::uint64_t> statements = 0, statement_timeouts = 0, busy_retries = 0, errors = 0;
};

/// Owns itself from start() until finish().
class RunJob : public Job, public PoolWaiter {
 public:
  RunJob(JobContext& context, Work& work) : context_(context), work_(work) {}

  /// Queues for a session. The job may be finished, and gone, when this returns.
  void start(std::chrono::milliseconds pool_timeout);
  /// The caller no longer wants it. Called while the job is alive, on the caller's executor.
  void cancel() noexcept;

  void granted(Lease lease) noexcept override;
  void refused(Refusal refusal) noexcept override;
  void run(Session& session) noexcept override;

 protected:
  /// Resumes the caller and destroys the job.
  virtual void finish(std::exception_ptr failure) = 0;

 private:
  [[nodiscard]] Pool& pool() const noexcept;
  void prepare(Session& session);
  void perform(Session& session);
  void begin_write(Session& session);
  void run_steps(Session& session);
  void heed_stop() const;
  void count(const std::exception_ptr& failure) noexcept;

  JobContext& context_;
  Work& work_;
  Lease lease_;
  std::chrono::steady_clock::time_point started_at_;
  std::chrono::steady_clock::time_point deadline_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace freshet::db::sqlite
