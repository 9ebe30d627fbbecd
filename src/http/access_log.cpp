#include "http/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "core/bytes.hpp"
#include "http/access_log_line.hpp"

#include <sys/stat.h>

namespace freshet::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t shard_count = 8;  // I/O threads rarely meet in one
constexpr std::size_t write_bytes = 32 * 1024;
constexpr std::size_t waiting_bytes_max = 1024 * 1024;  // of a shard, while the reader does not keep up
constexpr std::chrono::milliseconds write_period{100};
constexpr std::chrono::milliseconds patience{1000};  // with a reader that stands still; none until it moves again

LogTime log_now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

bool colour_wanted() { return std::getenv("NO_COLOR") == nullptr; }

}  // namespace

struct alignas(64) AccessLog::Shard {
  std::mutex mutex;
  Bytes lines;
  std::size_t count = 0;
  std::uint64_t dropped = 0;
  LogClock clock;
};

// The descriptor, written without ever blocking for good. O_NONBLOCK belongs to the open file, which standard output
// shares with other programs; so a pipe or a terminal is opened again, for this use alone.
class AccessLog::Sink {
 public:
  explicit Sink(int descriptor) : descriptor_(descriptor) {
    struct stat info {};
    if (fstat(descriptor, &info) != 0 || (!S_ISFIFO(info.st_mode) && !S_ISCHR(info.st_mode))) return;
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    own_ = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    step_max_ = own_ >= 0 ? step_max_ : pipe_bytes;
  }
  ~Sink() {
    if (own_ >= 0) ::close(own_);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// Bytes written before the reader stood still for `patience`, or the descriptor failed.
  std::size_t write(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
      stalled_ = !writable(stalled_ ? std::chrono::milliseconds(0) : patience);
      if (stalled_) break;
      const std::size_t step = std::min(text.size() - done, step_max_);
      const ssize_t count = ::write(own_ >= 0 ? own_ : descriptor_, text.data() + done, step);
      if (count > 0) {
        done += static_cast<std::size_t>(count);
      } else if (errno != EINTR && errno != EAGAIN) {
        break;
      }
    }
    return done;
  }

 private:
  static constexpr std::size_t pipe_bytes = 4096;  // a pipe that polls writable takes as much without blocking

  bool writable(std::chrono::milliseconds wait) const {
    pollfd waiting{.fd = own_ >= 0 ? own_ : descriptor_, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(wait.count()));
    return (ready > 0 && (waiting.revents & POLLOUT) != 0) || (ready < 0 && errno == EINTR);
  }

  const int descriptor_;
  int own_ = -1;
  bool stalled_ = false;
  std::size_t step_max_ = std::size_t{1} << 20;
};

AccessLog::AccessLog(const AccessLogOptions& options) : which_(options.which) {
  const bool terminal = isatty(options.descriptor) == 1;
  pretty_ = options.format == LogFormat::pretty || (options.format == LogFormat::automatic && terminal);
  colour_ = pretty_ && terminal && colour_wanted();
  if (which_ == AccessLogOptions::Which::off) return;
  for (std::size_t i = 0; i < shard_count; ++i) shards_.push_back(std::make_unique<Shard>());
  sink_ = std::make_unique<Sink>(options.descriptor);
  writer_ = std::thread([this] { run(); });
}

AccessLog::~AccessLog() {
  if (!writer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

AccessLog::Shard& AccessLog::shard_of_this_thread() noexcept {
  return *shards_[std::hash<std::thread::id>{}(std::this_thread::get_id()) % shard_count];
}

void AccessLog::finished(const AccessRecord& record) noexcept {
  if (which_ == AccessLogOptions::Which::off) return;
  if (which_ == AccessLogOptions::Which::errors && record.status < 400) return;
  bool first = false, full = false;
  try {
    Shard& shard = shard_of_this_thread();
    const std::lock_guard lock(shard.mutex);
    if (shard.lines.size() >= waiting_bytes_max) {
      ++shard.dropped;
      return;
    }
    const std::size_t before = shard.lines.size();
    if (pretty_) {
      append_pretty_line(shard.lines, record, shard.clock.short_form(log_now()), colour_);
    } else {
      append_json_line(shard.lines, record, shard.clock.full(log_now()));
    }
    ++shard.count;
    first = before == 0;
    full = before < write_bytes && shard.lines.size() >= write_bytes;
  } catch (const std::bad_alloc&) {
    return;  // a log line is not worth the server
  }
  if (first || full) wake(full);
}

void AccessLog::wake(bool full) {
  {
    const std::lock_guard lock(mutex_);
    lines_wait_ = true;
    full_ = full_ || full;
  }
  changed_.notify_one();
}

std::uint64_t AccessLog::dropped() const {
  std::uint64_t sum = 0;
  {
    const std::lock_guard lock(mutex_);
    sum = dropped_by_writer_;
  }
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    sum += shard->dropped;
  }
  return sum;
}

void AccessLog::run() {
  while (wait_for_lines()) write_shards();
  write_shards();
}

// Until there are lines, and then until there are many of them or they have waited long enough.
bool AccessLog::wait_for_lines() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return lines_wait_ || stopping_; });
  changed_.wait_for(lock, write_period, [this] { return full_ || stopping_; });
  lines_wait_ = full_ = false;
  return !stopping_;
}

void AccessLog::write_shards() {
  Bytes lines;
  for (const auto& shard : shards_) {
    std::size_t count = 0;
    {
      const std::lock_guard lock(shard->mutex);
      std::swap(lines, shard->lines);
      count = std::exchange(shard->count, 0);
    }
    if (!lines.empty()) write_out(lines.view(), count);
    lines.clear();
  }
  write_dropped_notice();
}

void AccessLog::write_out(std::string_view lines, std::size_t count) {
  const std::size_t written = sink_->write(lines);
  if (written == lines.size()) return;
  const std::string_view gone = lines.substr(0, written);
  torn_ = !gone.empty() && gone.back() != '\n';
  const auto whole = static_cast<std::size_t>(std::count(gone.begin(), gone.end(), '\n'));
  const std::lock_guard lock(mutex_);
  dropped_by_writer_ += count - whole;
}

void AccessLog::write_dropped_notice() {
  const std::uint64_t sum = dropped();
  if (sum == dropped_told_) return;
  const std::string count = std::to_string(sum - dropped_told_);
  const std::string text = "the access log dropped " + count + " lines: its reader does not keep up";
  LogClock clock;
  const LogTime now = log_now();
  std::string line = pretty_ ? std::string(clock.short_form(now)) + "  " + text + "\n"
                             : R"({"time":")" + std::string(clock.full(now)) + R"(","level":"warn","message":")" +
                                   text + R"(","dropped":)" + count + "}\n";
  if (torn_) line.insert(0, 1, '\n');
  if (sink_->write(line) != line.size()) return;
  dropped_told_ = sum;
  torn_ = false;
}

}  // namespace freshet::http
