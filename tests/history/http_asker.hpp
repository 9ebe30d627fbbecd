#pragma once
// Asks a server over HTTP/1.1, on a connection of its own for each session, which stays open. Every other question says
// which answer the session has already (If-None-Match); 304 is that answer again. A server that is gone gives no answer
// (status 0); the next question looks for it again.

#include <atomic>
#include <cstdint>
#include <memory>

#include "history/asker.hpp"

namespace freshet::history {

class HttpAsker final : public Asker {
 public:
  explicit HttpAsker(std::uint16_t port) : port_(port) {}
  [[nodiscard]] std::unique_ptr<Conversation> open() override;
  [[nodiscard]] std::string figures() const override;

 private:
  class Talk;
  const std::uint16_t port_;
  std::atomic<std::uint64_t> connections_{0}, unchanged_{0};
};

}  // namespace freshet::history
