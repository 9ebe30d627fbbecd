#include "db/redis/reply_parser.hpp"

#include <new>
#include <utility>

#include <fmt/format.h>

#include <hiredis/read.h>

namespace freshet::db::redis {
namespace {

// Called by the reader, which is C: nothing may be thrown through it; a null pointer ends the reading.

/// The place of what is read now: in its array, or the reply itself.
Reply& place(const redisReadTask* task) noexcept {
  if (task->parent == nullptr) return static_cast<ReplyParser::Reading*>(task->privdata)->reply;
  return static_cast<Reply*>(task->parent->obj)->items[static_cast<std::size_t>(task->idx)];
}

Reply::Type text_type(int type) noexcept {
  if (type == REDIS_REPLY_ERROR) return Reply::Type::error;
  return type == REDIS_REPLY_STATUS ? Reply::Type::status : Reply::Type::string;
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) noexcept {
  Reply& reply = place(task);
  try {
    reply.type = text_type(task->type);
    reply.text.assign(text, size);
    return &reply;
  } catch (...) {
    return nullptr;
  }
}

void* create_array(const redisReadTask* task, int count) noexcept {
  Reply& reply = place(task);
  const ReplyLimits& limits = static_cast<const ReplyParser::Reading*>(task->privdata)->limits;
  try {
    if (count < 0 || static_cast<std::size_t>(count) > limits.items_max) return nullptr;
    reply.type = Reply::Type::array;
    reply.items.resize(static_cast<std::size_t>(count));
    return &reply;
  } catch (...) {
    return nullptr;
  }
}

void* create_integer(const redisReadTask* task, long long value) noexcept {
  Reply& reply = place(task);
  reply.type = Reply::Type::integer;
  reply.integer = value;
  return &reply;
}

void* create_nil(const redisReadTask* task) noexcept {
  return &place(task);  // a reply begins as nil
}

/// All of it is the parser's.
void free_reply(void*) noexcept {}

// The reader takes a pointer to functions that it never writes to, but does not say so.
redisReplyObjectFunctions* functions() noexcept {
  static redisReplyObjectFunctions all{.createString = create_string,
                                       .createArray = create_array,
                                       .createInteger = create_integer,
                                       .createNil = create_nil,
                                       .freeObject = free_reply};
  return &all;
}

constexpr std::size_t idle_buffer_max = 256 * 1024;

}  // namespace

void ReplyParser::Close::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

ReplyParser::ReplyParser(ReplyLimits limits)
    : reading_{.limits = limits, .reply = {}}, reader_(redisReaderCreateWithFunctions(functions())) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->maxbuf = idle_buffer_max;
  reader_->privdata = &reading_;
}

ReplyParser::~ReplyParser() = default;

void ReplyParser::feed(std::string_view bytes) {
  // Within one reply the buffer only grows, so its length is that of what is still unread.
  too_much_ = too_much_ || reader_->len - reader_->pos + bytes.size() > reading_.limits.bytes_max;
  if (!too_much_) redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

Expected<std::optional<Reply>> ReplyParser::next() {
  void* got = nullptr;
  if (redisReaderGetReply(reader_.get(), &got) != REDIS_OK) {
    return Error(ErrorKind::unavailable, fmt::format("the answer is not Redis' protocol: {}", reader_->errstr));
  }
  if (got != nullptr) return std::optional<Reply>(std::exchange(reading_.reply, Reply()));
  if (too_much_) {
    return Error(ErrorKind::unavailable, fmt::format("an answer of more than {} bytes", reading_.limits.bytes_max));
  }
  return std::optional<Reply>();
}

}  // namespace freshet::db::redis
