// A program that writes to the database and has never heard of Freshet: plain SQLite, one transaction a line.
//
//   ID|FOREIGN_KEYS|RECURSIVE_TRIGGERS|ROLLS_BACK|STATEMENT<US>STATEMENT…    <US>: byte 31
//
// is answered with `ID committed BEGUN RETURNED` or `ID aborted 0 0`: the times around the COMMIT. writer.py does the
// same.

#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "history/record.hpp"
#include "history/sqlite.hpp"

namespace freshet::history {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = text.find(separator); end != std::string::npos; end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string run(sqlite3* handle, const std::string& line) {
  std::vector<std::string> words = split(line, '|');
  // Statements may have bars of their own.
  std::string script = words.at(4);
  for (std::size_t i = 5; i < words.size(); ++i) script += '|' + words[i];
  execute(handle, fmt::format("PRAGMA foreign_keys = {}; PRAGMA recursive_triggers = {}", words[1], words[2]));
  bool good = try_execute(handle, "BEGIN IMMEDIATE");
  for (const std::string& statement : split(script, '\x1f')) good = good && try_execute(handle, statement);
  if (good && words[3] == "0") {
    const Time begun = now();
    if (try_execute(handle, "COMMIT")) return fmt::format("{} committed {} {}", words[0], begun, now());
  }
  static_cast<void>(try_execute(handle, "ROLLBACK"));
  return words[0] + " aborted 0 0";
}

}  // namespace
}  // namespace freshet::history

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const freshet::history::Handle handle = freshet::history::open_sqlite(arguments[1]);
  freshet::history::execute(handle.get(), "PRAGMA synchronous = OFF");  // more writes; the machine will not fail
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << freshet::history::run(handle.get(), line) << std::endl;
  }
  return 0;
}
