#include "db/redis/link.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

namespace freshet::db::redis {
namespace asio = boost::asio;

Link::Link(asio::any_io_executor executor, std::unique_ptr<Transport> transport, LinkOptions options)
    : executor_(std::move(executor)),
      transport_(std::move(transport)),
      options_(options),
      parser_(options.replies),
      alarm_(executor_) {}

Link::~Link() = default;

asio::awaitable<std::string> Link::run() {
  const std::shared_ptr<Link> self = shared_from_this();
  try {
    while (!ended_) {
      const asio::mutable_buffer into(buffer_.data(), buffer_.size());
      const std::size_t size = co_await transport_->read(into);
      parser_.feed({buffer_.data(), size});
      while (!ended_) {
        Expected<std::optional<Reply>> reply = parser_.next();
        if (!reply) {
          end(reply.error().message());
          break;
        }
        if (!*reply) break;
        take(**std::move(reply));
      }
    }
  } catch (const boost::system::system_error& failure) {
    end(failure.code().message());
  }
  co_return why_;
}

void Link::send(const Request& request, std::uint64_t id, Time deadline, std::unique_ptr<Asker> asker) {
  if (ended_) {
    Asker::complete(std::move(asker), Error(ErrorKind::unavailable, fmt::format("no connection to Redis: {}", why_)));
    return;
  }
  Slot slot;
  slot.id = id;
  slot.replies_due = request.commands();
  slot.sent = std::chrono::steady_clock::now();
  slot.deadline = deadline;
  slot.asker = std::move(asker);
  slots_.push_back(std::move(slot));
  arm(std::min(deadline, slots_.front().sent + options_.silence_max));
  write(request);
}

void Link::write(const Request& request) {
  outgoing_ += request.bytes();
  if (ended_ || writing_) return;
  writing_ = true;
  // Not at once: what others send in this round goes with it.
  asio::co_spawn(executor_, write_all(shared_from_this()), asio::detached);
}

asio::awaitable<void> Link::write_all(std::shared_ptr<Link> self) {
  std::string written;
  try {
    while (!self->outgoing_.empty() && !self->ended_) {
      written.clear();
      written.swap(self->outgoing_);
      co_await self->transport_->write(written);
    }
  } catch (const boost::system::system_error& failure) {
    self->end(failure.code().message());
  }
  self->writing_ = false;
}

void Link::take(Reply reply) {
  if (slots_.empty() || (listener_ && reply.is_array())) {
    if (listener_) return listener_(std::move(reply));
    return end("an answer that nobody has asked for");
  }
  Slot& slot = slots_.front();
  if (slot.asker != nullptr) slot.replies.push_back(std::move(reply));
  if (--slot.replies_due > 0) return;
  Slot done = std::move(slot);
  slots_.pop_front();
  if (done.asker == nullptr) return;
  if (observer_) observer_(Event::answered, std::chrono::steady_clock::now() - done.sent);
  Asker::complete(std::move(done.asker), std::move(done.replies));
}

std::unique_ptr<Asker> Link::forget(std::uint64_t id) {
  const auto found = std::ranges::find_if(slots_, [&](const Slot& slot) { return slot.id == id; });
  return found == slots_.end() ? nullptr : std::move(found->asker);
}

void Link::give_up_waiting(const Error& error) {
  for (Slot& slot : slots_) {
    if (slot.asker != nullptr) Asker::complete(std::move(slot.asker), error);
  }
}

void Link::end(std::string why) {
  if (std::exchange(ended_, true)) return;
  why_ = std::move(why);
  transport_->close();
  alarm_.cancel();
  // Told once the state is final: who is told may ask again.
  std::deque<Slot> left;
  left.swap(slots_);
  if (mourner_) mourner_(why_);
  const Error error(ErrorKind::unavailable, fmt::format("the connection to Redis is lost: {}", why_));
  for (Slot& slot : left) {
    if (slot.asker != nullptr) Asker::complete(std::move(slot.asker), error);
  }
}

// One timer for all: it is moved only for a deadline earlier than the one it is set to, and looks at all when it rings.
// Requests that are answered in time, as nearly all are, do not touch it.
void Link::arm(Time deadline) {
  if (deadline >= alarm_at_) return;
  alarm_at_ = deadline;
  alarm_.expires_at(deadline);
  alarm_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<Link> self = weak.lock();
    if (error || self == nullptr || self->ended_) return;
    self->look_at_deadlines();
  });
}

void Link::look_at_deadlines() {
  const Time now = std::chrono::steady_clock::now();
  alarm_at_ = Time::max();
  if (!slots_.empty() && now - slots_.front().sent >= options_.silence_max)
    return end("it has been silent for too long");
  Time next = Time::max();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.asker == nullptr) continue;
    if (slot.deadline > now) {
      next = std::min(next, slot.deadline);
      continue;
    }
    std::unique_ptr<Asker> late = std::move(slot.asker);
    const std::chrono::nanoseconds waited = now - slot.sent;
    Asker::complete(std::move(late), Error(ErrorKind::timeout, "Redis has not answered in time"));
    if (observer_) observer_(Event::timed_out, waited);  // may give up waiting, or end
  }
  if (!slots_.empty()) next = std::min(next, slots_.front().sent + options_.silence_max);
  if (next != Time::max()) arm(next);
}

}  // namespace freshet::db::redis
