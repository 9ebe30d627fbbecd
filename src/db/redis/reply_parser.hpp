#pragma once
// Bytes from a connection into replies (RESP2, by hiredis), however they are cut. Bounded: a server that is none, or
// that is somebody else's, must not fill our memory.

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "db/redis/reply.hpp"

struct redisReader;

namespace freshet::db::redis {

struct ReplyLimits {
  std::size_t bytes_max = std::size_t{64} << 20U;  // of one reply, with what came after it
  std::size_t items_max = std::size_t{1} << 20U;   // of one array
};

class ReplyParser {
 public:
  explicit ReplyParser(ReplyLimits limits);
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  /// Takes a copy of what has arrived.
  void feed(std::string_view bytes);
  /// The next whole reply; nullopt: more bytes are needed. An Error(unavailable) means that this is not Redis'
  /// protocol, or beyond the limits: nothing that follows can be read.
  [[nodiscard]] Expected<std::optional<Reply>> next();

  /// For the reader's functions.
  struct Reading {
    const ReplyLimits limits;
    Reply reply;  // as far as it has been read
  };

 private:
  struct Close {
    void operator()(redisReader* reader) const noexcept;
  };
  Reading reading_;
  std::unique_ptr<redisReader, Close> reader_;
  bool too_much_ = false;
};

}  // namespace freshet::db::redis
