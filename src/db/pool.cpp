#include "db/pool.hpp"

#include <algorithm>
#include <exception>

#include <boost/asio/use_awaitable.hpp>

#include "core/async/resumption.hpp"

namespace freshet::db {

/// Where a session is, or may be. Its facts are written by whoever holds it (the lease), or under the pool's lock.
struct Lease::Place {
  std::unique_ptr<PoolSession> session;
  SessionFacts facts;
  Preparation preparation = Preparation::open;
};

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    give_back(SessionState::dirty);
    pool_ = std::move(other.pool_);
    place_ = std::exchange(other.place_, nullptr);
  }
  return *this;
}

Preparation Lease::preparation() const noexcept { return place_->preparation; }
PoolSession* Lease::session() const noexcept { return place_->session.get(); }
void Lease::install(std::unique_ptr<PoolSession> session) { pool_->install(*place_, std::move(session)); }
void Lease::renewed() { pool_->renewed(*place_); }

void Lease::give_back(SessionState state) noexcept {
  Place* place = std::exchange(place_, nullptr);
  if (place == nullptr) return;
  const std::shared_ptr<Pool> pool = std::move(pool_);
  pool->give_back(*place, state);
}

Error to_error(Refusal refusal) {
  switch (refusal) {
    case Refusal::timed_out:
      return Error(ErrorKind::unavailable, "the database is busy: no session became free in time").retry_after(1);
    case Refusal::queue_full:
      return Error(ErrorKind::unavailable, "the database is busy: too many requests wait for it").retry_after(1);
    case Refusal::closing:
      return Error(ErrorKind::unavailable, "the server is shutting down").retry_after(1);
  }
  return Error(ErrorKind::unavailable, "the database is busy").retry_after(1);
}

Pool::Pool(const PoolLimits& limits, AlarmClock* alarms, Now now) : limits_(limits), now_(std::move(now)) {
  totals_.size = limits.size;
  totals_.overflow = limits.overflow;
  const auto most = static_cast<std::size_t>(limits.size) + static_cast<std::size_t>(limits.overflow);
  places_.reserve(most);
  vacant_.reserve(most);  // so that returning a place never allocates
  idle_.reserve(most);
  if (alarms == nullptr) return;
  wait_alarm_.emplace(*alarms, [this](PoolTime time) { return expire(time); });
  trim_alarm_.emplace(*alarms, [this](PoolTime time) { return trim(time); });
}

Pool::~Pool() {
  // Leases keep the pool alive: none is out. Alarms go first, they use everything else.
  wait_alarm_.reset();
  trim_alarm_.reset();
  refuse_waiting();
}

PoolCounts Pool::counts() const noexcept {
  return {.open = open_, .idle = static_cast<int>(idle_.size()), .waiting = waiting_, .closing = closing_};
}

void Pool::lend(Lease::Place& place, PoolTime now) noexcept {
  place.preparation = preparation_for(limits_, place.facts, now);
  ++totals_.acquired;
}

Lease::Place& Pool::vacant_place() {
  if (vacant_.empty()) {
    places_.push_back(std::make_unique<Lease::Place>());
    return *places_.back();
  }
  Lease::Place& place = *vacant_.back();
  vacant_.pop_back();
  return place;
}

void Pool::acquire(PoolWaiter& waiter, PoolTime deadline) {
  const PoolTime now = now_();
  Lease::Place* place = nullptr;
  Admission admission{};
  {
    const std::lock_guard lock(mutex_);
    admission = admit(limits_, counts());
    switch (admission) {
      case Admission::idle_session:
        place = idle_.back();
        idle_.pop_back();
        lend(*place, now);
        break;
      case Admission::new_session:
        place = &vacant_place();
        ++open_;
        lend(*place, now);
        break;
      case Admission::wait:
        enqueue(waiter, now, deadline);
        break;
      case Admission::refuse_full:
      case Admission::refuse_closing:
        ++totals_.rejected;
        break;
    }
  }
  if (place != nullptr) {
    waiter.granted(Lease(shared_from_this(), place));
  } else if (admission == Admission::wait) {
    if (wait_alarm_) wait_alarm_->ring_by(deadline);  // `waiter` may be gone by now
  } else {
    waiter.refused(admission == Admission::refuse_full ? Refusal::queue_full : Refusal::closing);
  }
}

void Pool::enqueue(PoolWaiter& waiter, PoolTime now, PoolTime deadline) noexcept {
  waiter.since_ = now;
  waiter.deadline_ = deadline;
  waiter.queued_ = true;
  waiter.after_ = nullptr;
  waiter.before_ = last_;
  (last_ == nullptr ? first_ : last_->after_) = &waiter;
  last_ = &waiter;
  ++waiting_;
}

void Pool::unlink(PoolWaiter& waiter) noexcept {
  (waiter.before_ == nullptr ? first_ : waiter.before_->after_) = waiter.after_;
  (waiter.after_ == nullptr ? last_ : waiter.after_->before_) = waiter.before_;
  waiter.queued_ = false;
  --waiting_;
}

void Pool::note_wait(const PoolWaiter& waiter, PoolTime now) noexcept {
  const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(now - waiter.since_).count();
  const auto waited_us = static_cast<std::uint64_t>(std::max<std::int64_t>(waited, 0));
  totals_.wait_us_total += waited_us;
  totals_.wait_us_max = std::max(totals_.wait_us_max, waited_us);
}

bool Pool::withdraw(PoolWaiter& waiter) noexcept {
  const std::lock_guard lock(mutex_);
  if (!waiter.queued_) return false;
  unlink(waiter);
  if (waiting_ == 0) quiet_.notify_all();
  return true;
}

void Pool::give_back(Lease::Place& place, SessionState state) noexcept {
  const PoolTime now = now_();
  if (place.session == nullptr) state = SessionState::absent;
  if (state == SessionState::broken) place.session->abandon();
  PoolWaiter* next = nullptr;
  bool surplus = false;
  {
    const std::lock_guard lock(mutex_);
    place.facts.state = state;
    place.facts.returned_at = now;
    if (state == SessionState::broken) ++totals_.discarded;
    switch (dispose(counts(), state)) {
      case Disposal::hand_over:
        next = first_;
        unlink(*next);
        note_wait(*next, now);
        lend(place, now);
        break;
      case Disposal::park:
        idle_.push_back(&place);
        surplus = open_ > limits_.size;
        break;
      case Disposal::vacate:
        vacant_.push_back(&place);
        --open_;
        break;
    }
    if (closing_) quiet_.notify_all();
  }
  if (next != nullptr) next->granted(Lease(shared_from_this(), &place));
  if (surplus && trim_alarm_) trim_alarm_->ring_by(now + limits_.idle);
}

void Pool::install(Lease::Place& place, std::unique_ptr<PoolSession> session) {
  std::unique_ptr<PoolSession> before;  // destroyed when the lock is no longer held
  const PoolTime now = now_();
  const std::lock_guard lock(mutex_);
  before = std::exchange(place.session, std::move(session));
  ++totals_.opened;
  if (place.facts.state != SessionState::absent && place.facts.state != SessionState::broken) ++totals_.recycled;
  place.facts = {.state = SessionState::dirty, .opened_at = now, .returned_at = now};
}

void Pool::renewed(Lease::Place& place) {
  const PoolTime now = now_();
  const std::lock_guard lock(mutex_);
  ++totals_.opened;
  if (place.facts.state != SessionState::broken) ++totals_.recycled;
  place.facts = {.state = SessionState::dirty, .opened_at = now, .returned_at = now};
}

PoolTime Pool::expire(PoolTime now) {
  PoolWaiter* expired = nullptr;  // linked by after_
  PoolWaiter** end = &expired;
  PoolTime next_deadline = AlarmClock::never;
  {
    const std::lock_guard lock(mutex_);
    for (PoolWaiter* waiter = first_; waiter != nullptr;) {
      PoolWaiter* after = waiter->after_;
      if (waiter->deadline_ <= now) {
        unlink(*waiter);
        note_wait(*waiter, now);
        ++totals_.timeouts;
        waiter->after_ = nullptr;
        *end = waiter;
        end = &waiter->after_;
      } else {
        next_deadline = std::min(next_deadline, waiter->deadline_);
      }
      waiter = after;
    }
    if (waiting_ == 0) quiet_.notify_all();
  }
  while (expired != nullptr) std::exchange(expired, expired->after_)->refused(Refusal::timed_out);
  // Deadlines come in bunches: those of the next millisecond are looked at together.
  if (next_deadline == AlarmClock::never) return next_deadline;
  return std::max(next_deadline, now + std::chrono::milliseconds(1));
}

PoolTime Pool::trim(PoolTime now) {
  std::vector<std::unique_ptr<PoolSession>> surplus;  // destroyed when the lock is no longer held
  PoolTime next = AlarmClock::never;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < idle_.size() && open_ > limits_.size;) {
    Lease::Place& place = *idle_[i];
    if (!is_surplus(limits_, open_, place.facts, now)) {
      next = std::min(next, place.facts.returned_at + limits_.idle);
      ++i;
      continue;
    }
    surplus.push_back(std::move(place.session));
    place.facts = {};
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
    vacant_.push_back(&place);
    --open_;
  }
  return open_ > limits_.size ? next : AlarmClock::never;
}

void Pool::close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
}

void Pool::refuse_waiting() {
  PoolWaiter* refused = nullptr;
  {
    const std::lock_guard lock(mutex_);
    refused = std::exchange(first_, nullptr);
    last_ = nullptr;
    waiting_ = 0;
    for (PoolWaiter* waiter = refused; waiter != nullptr; waiter = waiter->after_) waiter->queued_ = false;
    quiet_.notify_all();
  }
  while (refused != nullptr) std::exchange(refused, refused->after_)->refused(Refusal::closing);
}

bool Pool::wait_until_quiet(PoolTime deadline) {
  std::unique_lock lock(mutex_);
  return quiet_.wait_until(lock, deadline, [&] { return waiting_ == 0 && open_ == static_cast<int>(idle_.size()); });
}

void Pool::destroy_idle() {
  std::vector<std::unique_ptr<PoolSession>> sessions;
  const std::lock_guard lock(mutex_);
  for (Lease::Place* place : idle_) {
    sessions.push_back(std::move(place->session));
    place->facts = {};
    vacant_.push_back(place);
    --open_;
  }
  idle_.clear();
}

void Pool::visit_sessions(const std::function<void(PoolSession&)>& visit) {
  const std::lock_guard lock(mutex_);
  for (const auto& place : places_) {
    if (place->session) visit(*place->session);
  }
}

PoolFigures Pool::figures() const {
  const std::lock_guard lock(mutex_);
  PoolFigures figures = totals_;
  figures.open = open_;
  figures.in_use = open_ - static_cast<int>(idle_.size());
  figures.waiting = waiting_;
  return figures;
}

namespace {

/// A coroutine that waits for a place.
template <class Handler>
class AcquireOperation final : public PoolWaiter, public Resumption<Handler> {
 public:
  using Resumption<Handler>::Resumption;

  static void start(Handler handler, const std::shared_ptr<Pool>& pool, PoolTime deadline) {
    auto self = std::make_unique<AcquireOperation>(std::move(handler));
    AcquireOperation* operation = self.release();  // owns itself until it is granted, refused or withdrawn
    operation->on_cancel([operation, pool] {
      if (pool->withdraw(*operation)) {
        operation->finish(std::make_exception_ptr(Error(ErrorKind::cancelled, "the request was cancelled")), Lease());
      }
    });
    pool->acquire(*operation, deadline);
  }

  void granted(Lease lease) noexcept override { finish(nullptr, std::move(lease)); }
  void refused(Refusal refusal) noexcept override { finish(std::make_exception_ptr(to_error(refusal)), Lease()); }

 private:
  void finish(std::exception_ptr failure, Lease lease) {
    Resumption<Handler>::resume(std::unique_ptr<AcquireOperation>(this), std::move(failure), std::move(lease));
  }
};

}  // namespace

boost::asio::awaitable<Lease> acquire(std::shared_ptr<Pool> pool, PoolTime deadline) {
  const auto start = [](auto handler, const std::shared_ptr<Pool>& from, PoolTime until) {
    AcquireOperation<decltype(handler)>::start(std::move(handler), from, until);
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr, Lease)>(
      start, boost::asio::use_awaitable, std::move(pool), deadline);
}

boost::asio::awaitable<Lease> acquire_ready(std::shared_ptr<Pool> pool, PoolDriver& driver, PoolTime deadline) {
  Lease lease = co_await acquire(std::move(pool), deadline);
  bool usable = true;
  switch (lease.preparation()) {
    case Preparation::none:
      break;
    case Preparation::open:
    case Preparation::replace:
      usable = false;
      break;
    case Preparation::ping:
      usable = co_await driver.ping(*lease.session());
      break;
    case Preparation::reset:
      usable = co_await driver.reset(*lease.session());
      break;
  }
  if (!usable) {
    std::unique_ptr<PoolSession> session = co_await driver.open();
    lease.install(std::move(session));
  }
  co_return lease;
}

}  // namespace freshet::db
