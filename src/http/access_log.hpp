#pragma once
// Writes a line for each finished request. I/O threads only append to memory; a thread of the log writes, at most every
// 100 ms or 32 KB. If whoever reads the log does not keep up, lines are dropped and counted, and the log says so:
// no request ever waits for it.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "core/log.hpp"
#include "http/server.hpp"

namespace freshet::http {

struct AccessLogOptions {
  enum class Which : std::uint8_t { all, errors, off };  // errors: status 400 and above
  Which which = Which::all;
  LogFormat format = LogFormat::automatic;
  int descriptor = 1;  // stays open for the life of the log
};

class AccessLog final : public AccessObserver {
 public:
  explicit AccessLog(const AccessLogOptions& options);
  /// Writes what is left; waits for a reader that stands still for a second at most.
  ~AccessLog() override;
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// From any thread. Does not wait for the descriptor.
  void finished(const AccessRecord& record) noexcept override;

  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Shard;
  class Sink;

  Shard& shard_of_this_thread() noexcept;
  void wake(bool full);
  void run();
  bool wait_for_lines();
  void write_shards();
  void write_out(std::string_view lines, std::size_t count);
  void write_dropped_notice();

  const AccessLogOptions::Which which_;
  bool pretty_ = false, colour_ = false;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Sink> sink_;

  bool torn_ = false;               // the last line written has no end; the writer's own
  std::uint64_t dropped_told_ = 0;  // the writer's own

  mutable std::mutex mutex_;  // of the next four
  std::condition_variable changed_;
  bool lines_wait_ = false, full_ = false, stopping_ = false;
  std::uint64_t dropped_by_writer_ = 0;

  std::thread writer_;
};

}  // namespace freshet::http
