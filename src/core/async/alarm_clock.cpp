#include "core/async/alarm_clock.hpp"

#include <pthread.h>

#include <algorithm>

namespace freshet {

AlarmClock::AlarmClock() : thread_([this] { run(); }) {}

AlarmClock::~AlarmClock() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void AlarmClock::run() {
  pthread_setname_np(pthread_self(), "alarm-clock");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto [time, alarm] = *queue_.begin();
    const Time now = std::chrono::steady_clock::now();
    if (time > now) {
      changed_.wait_until(lock, time);
      continue;
    }
    queue_.erase(queue_.begin());
    ringing_ = alarm;
    lock.unlock();
    alarm->look(now);
    lock.lock();
    ringing_ = nullptr;
    quiet_.notify_all();
  }
}

void AlarmClock::enqueue(Alarm& alarm, Time time) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    const auto place = queue_.emplace(time, &alarm).first;  // before begin() is asked for
    first = place == queue_.begin();
  }
  if (first) changed_.notify_one();
}

void AlarmClock::requeue(Alarm& alarm, Time before, Time time) {
  {
    const std::lock_guard lock(mutex_);
    queue_.erase({before, &alarm});
  }
  enqueue(alarm, time);
}

void AlarmClock::forget(Alarm& alarm, Time queued_for) {
  std::unique_lock lock(mutex_);
  queue_.erase({queued_for, &alarm});
  quiet_.wait(lock, [&] { return ringing_ != &alarm; });
  // The ring that was under way may have queued it once more.
  std::erase_if(queue_, [&](const auto& entry) { return entry.second == &alarm; });
}

Alarm::Alarm(AlarmClock& clock, std::function<Time(Time now)> ring) : clock_(clock), ring_(std::move(ring)) {}

Alarm::~Alarm() {
  Time queued_for = AlarmClock::never;
  {
    const std::lock_guard lock(mutex_);
    due_ = AlarmClock::never;
    queued_for = queued_for_;
  }
  clock_.forget(*this, queued_for);
}

void Alarm::set(Time due) {
  const std::lock_guard lock(mutex_);
  set_locked(due);
}

void Alarm::ring_by(Time due) {
  const std::lock_guard lock(mutex_);
  if (due < due_) set_locked(due);
}

void Alarm::clear() {
  const std::lock_guard lock(mutex_);
  due_ = AlarmClock::never;  // stays queued: the clock will look, see nothing due, and forget it
}

void Alarm::set_locked(Time due) {
  due_ = due;
  if (due >= queued_for_) return;
  const Time before = std::exchange(queued_for_, due);
  if (before == AlarmClock::never) {
    clock_.enqueue(*this, due);
  } else {
    clock_.requeue(*this, before, due);
  }
}

void Alarm::look(Time now) {
  const std::lock_guard lock(mutex_);
  queued_for_ = AlarmClock::never;
  Time next = std::exchange(due_, AlarmClock::never);
  if (next <= now) next = ring_(now);
  if (next != AlarmClock::never) set_locked(next);
}

}  // namespace freshet
