#include "db/postgres/session.hpp"

#include <array>

#include <boost/asio/post.hpp>

#include "core/text.hpp"
#include "db/postgres/query.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

namespace freshet::db::postgres {

Session::Session(SessionContext& context)
    : names(context.statement_cache),
      context_(context),
      handle_(connect(context.settings)),
      cancel_(PQgetCancel(handle_.get()), FreeCancel()),
      socket_(PQsocket(handle_.get())),
      deadline_(context.alarms, [this](AlarmClock::Time) {
        stop(Interruption::timeout);
        return AlarmClock::never;
      }) {
  PQsetNoticeReceiver(
      handle_.get(),
      [](void* self, const pg_result* notice) {
        const auto& said = static_cast<SessionContext*>(self)->on_notice;
        if (said) said(trim(PQresultErrorMessage(notice)));
      },
      &context_);
  if (!context.prepared) {
    // What PgBouncer remembers for its clients; all else is set in each transaction.
    static_cast<void>(query(handle_.get(), "SET datestyle = 'ISO'"));
    static_cast<void>(query(handle_.get(), "SET timezone = 'UTC'"));
  }
  if (PQsetnonblocking(handle_.get(), 1) != 0 || PQenterPipelineMode(handle_.get()) != 1) {
    throw lost_error(handle_.get(), {});
  }
}

Session::~Session() { abandon(); }

bool Session::idle() const noexcept {
  // What libpq tells of the transaction is as of the last Sync.
  return handle_ != nullptr && !in_conversation && PQstatus(handle_.get()) == CONNECTION_OK &&
         PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
}

void Session::abandon() noexcept {
  const std::lock_guard lock(socket_mutex_);
  socket_ = -1;
  handle_.reset();
}

void Session::begin_wait(std::chrono::steady_clock::time_point deadline) { deadline_.set(deadline); }
void Session::end_wait() noexcept { deadline_.clear(); }

void Session::stop(Interruption why) noexcept {
  Interruption none = Interruption::none;
  if (!stopped_.compare_exchange_strong(none, why)) return;
  boost::asio::post(context_.helpers, [cancel = cancel_] {
    std::array<char, 256> ignored{};  // whatever was wrong, nobody waits for the statement any more
    PQcancel(cancel.get(), ignored.data(), static_cast<int>(ignored.size()));
  });
  const std::lock_guard lock(socket_mutex_);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

}  // namespace freshet::db::postgres
