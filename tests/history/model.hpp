#pragma once
// The oracle: the app's tables in memory, to which the committed transactions are applied in the order of their
// commits, and the right answer to every question after each. Plain SQLite and the endpoints' own SQL; nothing of
// Freshet. Not thread-safe.

#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "history/checker.hpp"
#include "history/endpoints.hpp"
#include "history/questions.hpp"
#include "history/sqlite.hpp"
#include "history/world.hpp"

namespace freshet::history {

[[nodiscard]] Digest digest_of(std::string_view answer) noexcept;
/// The digest of "there is none": 404.
[[nodiscard]] Digest digest_of_none() noexcept;

class Model {
 public:
  /// With the schema of the app and its first rows.
  Model(const std::filesystem::path& app, const std::vector<EndpointFile>& endpoints, const Questions& questions,
        const WorldSize& size, std::uint64_t seed);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// The right answers now.
  [[nodiscard]] const std::vector<Digest>& answers() const noexcept { return answers_; }
  /// The right answer now, in words.
  [[nodiscard]] std::string answer(QuestionId question);

  /// A transaction that has committed. Returns the questions whose answers it may have changed, with the answers; valid
  /// until the next call. Throws std::logic_error if the model contradicts itself.
  const std::vector<Change>& replay(const Op& op);

  /// All rows, but those of the audit table.
  [[nodiscard]] static std::string tables(sqlite3* handle);
  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

 private:
  struct Statements {
    std::vector<Prepared> prepared;
  };
  static void row_changed(void* self, sqlite3* handle, int kind, const char* database, const char* table,
                          long long before, long long after);
  void note_row(sqlite3* handle, const char* table, bool before);
  void run(const Op& op);
  void call(const Op& op);
  void evaluate(QuestionId question);
  void spot_check();

  const std::vector<EndpointFile>& endpoints_;
  const Questions& questions_;
  Handle handle_;
  std::vector<Statements> statements_;             // of each endpoint; lists of two items
  std::vector<std::vector<std::string>> columns_;  // names, by number, of the tables below
  std::vector<std::string> tables_;
  std::vector<QuestionId> concerned_;
  std::vector<Change> changes_;
  std::vector<Digest> answers_;
  std::string text_;  // of the answer that was evaluated last
  std::mt19937_64 random_;
};

/// Makes the tables and first rows in a new file.
void create_world(const std::filesystem::path& app, const std::string& path, const WorldSize& size);

}  // namespace freshet::history
