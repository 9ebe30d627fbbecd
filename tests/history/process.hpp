#pragma once
// A child process that answers each line with a line.

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace freshet::history {

class Process {
 public:
  /// Throws std::runtime_error if it cannot be started.
  explicit Process(const std::vector<std::string>& command);
  /// Ends it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Sends a line and waits for the next one. False: the process is gone.
  [[nodiscard]] bool ask(std::string_view line, std::string& answer);
  void signal(int number) const noexcept;
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
  int socket_ = -1;  // its standard input and output
  std::string read_ahead_;
};

/// Starts it, with nothing to read and nowhere to write.
[[nodiscard]] pid_t start_process(const std::vector<std::string>& command);
/// Runs it to its end; the exit code, or 128 and the signal's number.
[[nodiscard]] int run_process(const std::vector<std::string>& command);

}  // namespace freshet::history
