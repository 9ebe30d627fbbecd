#pragma once
// One Work on one session: what is sent in which flush, what is awaited, when rows are handed over.
//
//   read, one step:      step Sync
//   read, several:       BEGIN step… COMMIT Sync          one flush, one snapshot
//   a step that depends  … Flush | step …                 the earlier ones' rows come first
//   write:               BEGIN step… Flush | COMMIT Sync  nothing is committed that a sink did not take
//
// Results are held until a later step or the caller needs them: up to then nobody has seen anything, and the whole work
// may be run again.

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "db/postgres/session.hpp"
#include "db/statement.hpp"

namespace freshet::db::postgres {

/// What a session's work came to, when it failed.
struct Failure {
  Aftermath aftermath = Aftermath::usable;
  std::exception_ptr error;
};

/// Used once, on the executor of the coroutine that runs it.
class Conversation {
 public:
  Conversation(Session& session, Work& work, const boost::asio::any_io_executor& executor);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// Runs the work. nullopt: it is done. Unless the connection is lost, the session is idle again.
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> run();
  /// A sink has had rows, or a step was told what it changed: it cannot be run again.
  [[nodiscard]] bool delivered() const noexcept { return delivered_; }

  /// Forgets all that the session has prepared (and `DISCARD ALL`, if it may have been changed otherwise). False: it is
  /// lost.
  [[nodiscard]] boost::asio::awaitable<bool> start_afresh(bool discard_all);
  /// True if the server answers.
  [[nodiscard]] boost::asio::awaitable<bool> ping();

 private:
  struct Command {
    enum class Kind : std::uint8_t { other, prepare, step, commit, sync };
    Kind kind = Kind::other;
    std::size_t step = 0;
    std::uint64_t id = 0;
  };

  [[nodiscard]] std::chrono::milliseconds timeout() const noexcept;
  [[nodiscard]] bool needs_transaction() const noexcept;
  [[nodiscard]] boost::asio::awaitable<void> converse();
  [[nodiscard]] boost::asio::awaitable<void> send_steps();
  [[nodiscard]] boost::asio::awaitable<void> settle();
  [[nodiscard]] Failure failure() const;

  void queue(Command command, int sent);
  void queue_text(Command::Kind kind, const char* sql);
  void queue_begin();
  void queue_step(std::size_t index);
  [[nodiscard]] const char* queue_prepare(const Statement& statement);
  void queue_sync();
  void ask_for_results();
  [[nodiscard]] boost::asio::awaitable<void> exchange();
  [[nodiscard]] boost::asio::awaitable<void> flush();
  [[nodiscard]] boost::asio::awaitable<void> collect();
  [[nodiscard]] boost::asio::awaitable<void> wait(bool for_room_too);
  void request_single_rows();
  void take(const Command& command, ResultHandle result);
  void note_report(const Command& command, const pg_result* result);
  void deliver();
  void deliver(std::size_t index);
  [[nodiscard]] boost::asio::awaitable<void> deliver_paced(std::size_t index, ResultHandle result);
  [[noreturn]] void lose();
  void require_connection();
  [[nodiscard]] bool succeeding() const noexcept { return !report_ && fault_ == nullptr; }

  Session& session_;
  SessionContext& context_;
  Work& work_;
  boost::asio::posix::stream_descriptor socket_;
  std::vector<Command> commands_;
  std::size_t next_ = 0;  // the command whose results come now
  std::vector<ResultHandle> held_;
  std::size_t undelivered_ = 0;  // the first step whose rows nobody has seen

  std::optional<Report> report_;  // of the first statement that failed
  std::size_t failed_step_ = 0;   // as many as there are steps: none of them
  std::exception_ptr fault_;      // what a binder, a sink or the caller threw
  bool lost_ = false;
  bool commit_unknown_ = false;  // COMMIT was sent, and nothing has come back yet
  bool delivered_ = false;
  bool paced_ = false;  // rows of the step at hand come one by one
  bool paced_started_ = false;
};

}  // namespace freshet::db::postgres
