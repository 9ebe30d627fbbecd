#pragma once
// One body, or a piece of one, that is encoded: perhaps by another thread than the one of its connection.

#include <atomic>
#include <exception>
#include <memory>

#include "http/content_coding.hpp"
#include "http/message.hpp"

namespace freshet::http {

/// Owns what it works on, whatever becomes of the connection. run() is called once, by any thread; the results may be
/// read after it.
class EncodingJob {
 public:
  /// A whole body.
  EncodingJob(Coding coding, int level, Body input) : input_(std::move(input)), coding_(coding), level_(level) {}
  /// A piece of a stream, whose encoder goes from job to job.
  EncodingJob(std::shared_ptr<Encoder> encoder, Encoder::Until until, Bytes input)
      : input_(std::move(input)), encoder_(std::move(encoder)), until_(until) {}

  void run() noexcept;
  /// From any thread: nobody wants the result any more. Heard within a fraction of a second.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] std::size_t input_bytes() const noexcept { return view(input_).size(); }
  /// Null: all went well. Error(cancelled): it was stopped.
  [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }
  [[nodiscard]] Bytes take_output() noexcept { return std::move(output_); }
  [[nodiscard]] Body take_input() noexcept { return std::move(input_); }

 private:
  Body input_;
  Bytes output_;
  std::shared_ptr<Encoder> encoder_;
  Encoder::Until until_ = Encoder::Until::end;
  Coding coding_ = Coding::identity;
  int level_ = 0;
  std::atomic<bool> stopped_{false};
  std::exception_ptr failure_;
};

}  // namespace freshet::http
