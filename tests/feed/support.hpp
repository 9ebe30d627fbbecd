#pragma once
// Other processes that write to the file, through SQLite's own shell.

#include <unistd.h>

#include <string>

#include "db/support.hpp"

#include <sys/wait.h>

namespace freshet::feed::test {

/// Runs `sql` in a process of its own and waits for its end; false if it failed.
inline bool shell_may_fail(const std::string& path, const std::string& sql) {
  const pid_t child = fork();
  if (child == 0) {
    execlp("sqlite3", "sqlite3", "-batch", "-bail", "-cmd", ".output /dev/null", "-cmd", ".timeout 5000", path.c_str(),
           sql.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

inline void shell(const std::string& path, const std::string& sql) { ASSERT_TRUE(shell_may_fail(path, sql)) << sql; }

}  // namespace freshet::feed::test
