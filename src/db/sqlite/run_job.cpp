#include "db/sqlite/run_job.hpp"

#include <utility>

#include <fmt/format.h>

namespace freshet::db::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t microseconds_between(Clock::time_point from, Clock::time_point to) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

/// A file that could be opened at start but cannot now: the server goes on, and tries again with the next request.
Error while_serving(const Error& failure) {
  if (failure.kind() != ErrorKind::config) return failure;
  return Error(ErrorKind::unavailable, "the database could not be opened")
      .detailing(fmt::format("{} ({}). {}", failure.message(), failure.hint(), failure.log_detail()))
      .retry_after(5);
}

}  // namespace

Pool& RunJob::pool() const noexcept { return work_.mode == Mode::read ? *context_.readers : *context_.writers; }

void RunJob::start(std::chrono::milliseconds pool_timeout) {
  started_at_ = Clock::now();
  deadline_ = started_at_ + pool_timeout;
  pool().acquire(*this, deadline_);
}

void RunJob::cancel() noexcept {
  if (pool().withdraw(*this)) {
    finish(std::make_exception_ptr(Error(ErrorKind::cancelled, "the request was cancelled")));
    return;
  }
  cancelled_.store(true);
  // With the pool locked no session goes away.
  pool().visit_sessions(
      [this](PoolSession& session) { static_cast<Session&>(session).stop(*this, Interruption::cancelled); });
}

void RunJob::refused(Refusal refusal) noexcept {
  work_.wait_us = microseconds_between(started_at_, Clock::now());
  finish(std::make_exception_ptr(to_error(refusal)));
}

void RunJob::granted(Lease lease) noexcept {
  lease_ = std::move(lease);
  try {
    if (lease_.session() == nullptr) {
      const bool writes = work_.mode == Mode::write;
      lease_.install(std::make_unique<Session>(
          writes ? context_.writer : context_.reader, context_.alarms,
          writes ? std::string("db-writer") : fmt::format("db-reader-{}", ++context_.sessions)));
    }
  } catch (const std::exception& failure) {
    lease_.discard();
    finish(std::make_exception_ptr(Error(ErrorKind::unavailable, "the database is busy: no thread could be started")
                                       .detailing(failure.what())
                                       .retry_after(1)));
    return;
  }
  lease_.session<Session>()->post(*this);
}

void RunJob::run(Session& session) noexcept {
  const Clock::time_point begun_at = Clock::now();
  work_.wait_us = microseconds_between(started_at_, begun_at);
  std::exception_ptr failure;
  try {
    prepare(session);
    perform(session);
  } catch (...) {
    failure = std::current_exception();
  }
  count(failure);
  work_.run_us = microseconds_between(begun_at, Clock::now());
  // The session goes back before the caller resumes: who is next need not wait for the caller's thread, and the caller
  // finds it free.
  if (session.connected() && !session.connection().broken() && !session.connection().in_transaction()) {
    lease_.return_clean();
  } else {
    lease_.discard();
  }
  finish(std::move(failure));
}

void RunJob::prepare(Session& session) {
  const Preparation preparation = lease_.preparation();
  // Asked each time: a session that is never at rest would answer from a replaced file for ever.
  const bool open = !session.connected() || preparation == Preparation::replace || !session.same_file();
  if (open) {
    const bool again = preparation != Preparation::open;
    try {
      session.reconnect();
    } catch (const Error& failure) {
      throw while_serving(failure);
    }
    if (again) lease_.renewed();
  }
  session.connection().rollback();  // nothing, unless a job ended in a way that was not foreseen
  if (work_.mode == Mode::write) session.housekeep();
}

void RunJob::perform(Session& session) {
  session.connection().forget_stop();  // meant for the job before this one
  const Session::Running running(session, *this);
  heed_stop();
  if (work_.mode == Mode::read && work_.steps.size() <= 1) return run_steps(session);
  SqliteConnection& connection = session.connection();
  try {
    if (work_.mode == Mode::write) {
      begin_write(session);
    } else {
      connection.begin(Mode::read);
    }
    run_steps(session);
    connection.commit();
  } catch (...) {
    connection.rollback();
    throw;
  }
}

void RunJob::begin_write(Session& session) {
  for (;;) {
    try {
      return session.connection().begin(Mode::write);
    } catch (const Error&) {
      if (!session.connection().was_busy() || Clock::now() >= deadline_) throw;
    }
    heed_stop();
    context_.busy_retries.fetch_add(1, std::memory_order_relaxed);
  }
}

void RunJob::run_steps(Session& session) {
  const auto timeout = work_.statement_timeout.count() > 0 ? work_.statement_timeout : context_.statement_timeout;
  for (const Step& step : work_.steps) {
    context_.statements.fetch_add(1, std::memory_order_relaxed);
    const std::int64_t changed = session.run(step, timeout);
    if (step.changed) step.changed(changed);
  }
}

void RunJob::heed_stop() const {
  if (cancelled_.load()) throw Error(ErrorKind::cancelled, "the request was cancelled");
  if (context_.stopping.load()) throw to_error(Refusal::closing);
}

void RunJob::count(const std::exception_ptr& failure) noexcept {
  if (failure == nullptr) return;
  context_.errors.fetch_add(1, std::memory_order_relaxed);
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::timeout) context_.statement_timeouts.fetch_add(1, std::memory_order_relaxed);
  } catch (...) {
    return;  // a sink's or binder's own
  }
}

}  // namespace freshet::db::sqlite
