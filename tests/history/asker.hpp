#pragma once
// Whoever answers questions: a cache in this process, the whole service in this process, a server over HTTP.

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "history/questions.hpp"

namespace freshet::history {

struct Answered {
  std::string_view body;  // lives until the conversation's next question
  unsigned status = 200;  // 0: no answer (the server is gone); anything else but 200 and 404 is an error
  bool hit = false;
};

/// Of one session.
class Conversation {
 public:
  virtual ~Conversation() = default;
  [[nodiscard]] virtual boost::asio::awaitable<Answered> ask(const Question& question) = 0;
  /// Calls an endpoint that writes; the status, or 0.
  [[nodiscard]] virtual boost::asio::awaitable<unsigned> post(const std::string& target, const std::string& body) = 0;
};

class Asker {
 public:
  virtual ~Asker() = default;
  /// Any thread. The asker outlives it.
  [[nodiscard]] virtual std::unique_ptr<Conversation> open() = 0;
  /// What it wants to tell in the end.
  [[nodiscard]] virtual std::string figures() const { return {}; }
};

}  // namespace freshet::history
