// How much of the speed of a bare prepared-insert loop is left when lines are checked, and bad ones set aside.
//
//   bench_load FILE.csv[.xz] TABLE 'CREATE TABLE …'     a file with its table
//   bench_load 1000000                                  that many made-up lines
//
// The bare loop splits lines at commas outside quotes, binds every field as text and steps one INSERT in one
// transaction; nothing is checked. Both read through the same unpacker, into a new database file each, three times in
// turn; the best of each counts. The header of the file must be the columns of the table.

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/compressed_file.hpp"
#include "core/error.hpp"
#include "db/load.hpp"
#include "db/sqlite/connection.hpp"

namespace {

namespace fs = std::filesystem;
using freshet::db::sqlite::ConnectionOptions;
using freshet::db::sqlite::SqliteConnection;

constexpr int turns = 3;

/// A folder of its own, removed with what the runs leave in it.
struct Folder {
  Folder() : path(fs::temp_directory_path() / fmt::format("freshet-bench-{}", ::getpid())) {
    fs::create_directories(path);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path path;
};

struct Input {
  fs::path file;
  std::string table, create;
};

ConnectionOptions new_database(const fs::path& folder) {
  const fs::path path = folder / "bench_load.db";
  for (const char* const suffix : {"", "-wal", "-shm"}) fs::remove(path.string() + suffix);
  ConnectionOptions options;
  options.path = path.string();
  return options;
}

/// Splits in place; quotes are cut off, doubled ones left alone.
void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (line[i] != ',' || quoted)) continue;
    std::string_view field = line.substr(begin, i - begin);
    if (field.size() >= 2 && field.front() == '"') field = field.substr(1, field.size() - 2);
    fields.push_back(field);
    begin = i + 1;
  }
}

class BareLoop {
 public:
  BareLoop(sqlite3* handle, std::string table) : handle_(handle), table_(std::move(table)) {}
  ~BareLoop() { sqlite3_finalize(insert_); }

  std::uint64_t run(const fs::path& path) {
    sqlite3_exec(handle_, "BEGIN", nullptr, nullptr, nullptr);
    freshet::CompressedFile file(path);
    std::vector<char> block(std::size_t{1} << 18U);
    std::string pending;
    while (const std::size_t count = file.read(block)) {
      pending.append(block.data(), count);
      std::size_t at = 0;
      for (std::size_t end = 0; (end = pending.find('\n', at)) != std::string::npos; at = end + 1) {
        line(std::string_view(pending).substr(at, end - at));
      }
      pending.erase(0, at);
    }
    sqlite3_exec(handle_, "COMMIT", nullptr, nullptr, nullptr);
    return lines_;
  }

 private:
  void line(std::string_view text) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    split(text, fields_);
    if (insert_ == nullptr) return prepare();
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      sqlite3_bind_text(insert_, static_cast<int>(i + 1), fields_[i].data(), static_cast<int>(fields_[i].size()),
                        SQLITE_STATIC);
    }
    if (sqlite3_step(insert_) == SQLITE_DONE) ++lines_;
    sqlite3_reset(insert_);
  }
  void prepare() {
    std::string names, places;
    for (const std::string_view name : fields_) {
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
      places += places.empty() ? "?" : ", ?";
    }
    const std::string sql = fmt::format("INSERT INTO {} ({}) VALUES ({})", table_, names, places);
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &insert_, nullptr) != SQLITE_OK) {
      fmt::print(stderr, "{}\n", sqlite3_errmsg(handle_));
      std::exit(1);
    }
  }

  sqlite3* handle_;
  std::string table_;
  sqlite3_stmt* insert_ = nullptr;
  std::vector<std::string_view> fields_;
  std::uint64_t lines_ = 0;
};

template <class Body>
double seconds(const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double bare(const Input& input, const fs::path& folder, std::uint64_t& lines) {
  const auto handle = freshet::db::sqlite::open(new_database(folder));
  sqlite3_exec(handle.get(), input.create.c_str(), nullptr, nullptr, nullptr);
  return seconds([&] { lines = BareLoop(handle.get(), input.table).run(input.file); });
}

double loaded(const Input& input, const fs::path& folder, std::uint64_t& lines) {
  SqliteConnection connection(new_database(folder));
  connection.execute(input.create);
  freshet::db::LoadOptions options;
  options.table = input.table;
  options.file = input.file;
  options.bad_file = folder / "bench_load.bad.csv";
  options.partial = true;
  options.batch = UINT64_MAX;
  return seconds([&] { lines = freshet::db::load(connection, options, {}).loaded; });
}

Input made_up(const fs::path& folder, int count) {
  Input input{.file = folder / "bench_load.csv",
              .table = "t",
              .create = "CREATE TABLE t (id INTEGER PRIMARY KEY, label TEXT NOT NULL, amount DECIMAL(10,2), day DATE)"};
  std::ofstream file(input.file);
  file << "id,label,amount,day\n";
  for (int i = 1; i <= count; ++i) {
    file << i << ",\"label, number " << i << "\"," << i % 1000 << ".25,2024-0" << 1 + i % 9 << "-1" << i % 10 << '\n';
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    fmt::print(stderr, "usage: bench_load LINES | bench_load FILE TABLE 'CREATE TABLE …'\n");
    return 2;
  }
  const Folder temporary;
  const fs::path& folder = temporary.path;
  try {
    const Input input = argc == 2 ? made_up(folder, std::atoi(argv[1])) : Input{argv[1], argv[2], argv[3]};
    double best_bare = 1e9, best_load = 1e9;
    std::uint64_t bare_lines = 0, load_lines = 0;
    for (int turn = 0; turn < turns; ++turn) {
      best_bare = std::min(best_bare, bare(input, folder, bare_lines));
      best_load = std::min(best_load, loaded(input, folder, load_lines));
    }
    fmt::print("bare loop     {:>9} lines {:7.2f} s {:>10.0f} lines/s\n", bare_lines, best_bare,
               double(bare_lines) / best_bare);
    fmt::print("freshet load  {:>9} lines {:7.2f} s {:>10.0f} lines/s   {:.2f} of the bare loop\n", load_lines,
               best_load, double(load_lines) / best_load, best_bare / best_load);
    return bare_lines == load_lines ? 0 : 1;
  } catch (const freshet::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
