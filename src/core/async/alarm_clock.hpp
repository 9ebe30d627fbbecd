#pragma once
// One thread that rings alarms when they are due: statement timeouts, waits for a pool, housekeeping.
//
// Made for deadlines that are nearly always taken back in time. Setting and clearing an alarm touches the clock's queue
// only when it is due earlier than the clock would look at it anyway; otherwise it costs one uncontended lock. A
// statement timeout of a minute, set and cleared 100,000 times a second, wakes the thread once a minute.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace freshet {

class Alarm;

/// The thread. Outlives its alarms. Thread-safe.
class AlarmClock {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr Time never = Time::max();

  AlarmClock();
  ~AlarmClock();
  AlarmClock(const AlarmClock&) = delete;
  AlarmClock& operator=(const AlarmClock&) = delete;

 private:
  friend class Alarm;
  void run();
  void enqueue(Alarm& alarm, Time time);
  void requeue(Alarm& alarm, Time before, Time time);
  void forget(Alarm& alarm, Time queued_for);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable quiet_;            // somebody waits for `ringing_` to end
  std::set<std::pair<Time, Alarm*>> queue_;  // guarded by mutex_
  Alarm* ringing_ = nullptr;                 // guarded by mutex_
  bool stopping_ = false;                    // guarded by mutex_
  std::thread thread_;
};

/// One deadline, used again and again. Thread-safe. `ring` is called on the clock's thread with the alarm locked: it
/// must be short, must not throw and must not call this alarm; it returns when to ring next (`never`: not before it is
/// set again).
class Alarm {
 public:
  using Time = AlarmClock::Time;

  Alarm(AlarmClock& clock, std::function<Time(Time now)> ring);
  /// Waits for a ring that is under way. Not to be destroyed by its own ring.
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Rings at `due`, whatever was set before.
  void set(Time due);
  /// Rings at `due`, or before if it was set so.
  void ring_by(Time due);
  /// Once it has returned, the ring neither runs nor comes.
  void clear();

 private:
  friend class AlarmClock;
  void set_locked(Time due);
  void look(Time now);

  AlarmClock& clock_;
  std::function<Time(Time)> ring_;
  std::mutex mutex_;                     // taken before the clock's
  Time due_ = AlarmClock::never;         // guarded by mutex_
  Time queued_for_ = AlarmClock::never;  // when the clock looks; guarded by mutex_
};

}  // namespace freshet
