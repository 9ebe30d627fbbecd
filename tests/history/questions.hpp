#pragma once
// All questions of a run, and which of them a changed row can concern.
//
// Concerns are told by hand, endpoint by endpoint, so that the model need not ask every question after every commit. A
// mistake in them shows itself: a right answer would be called wrong, and the model asks some others at random besides.

#include <string>
#include <unordered_map>
#include <vector>

#include "history/endpoints.hpp"
#include "history/record.hpp"

namespace freshet::history {

/// How large the world is.
struct WorldSize {
  int categories = 24;
  int items_max = 400;  // ids; about three quarters of them exist
  int shelves = 12;
  int codes = 500;
  int accounts = 40, branches = 8;
  int hot_accounts = 4;  // every other transfer is from one of them
  int bulk_every = 500;  // of the scripts, one writes thousands of rows
};

struct Question {
  std::size_t endpoint = 0;
  Arguments arguments;
  std::string target;
};

class Questions {
 public:
  Questions(const std::vector<EndpointFile>& endpoints, const WorldSize& size);

  [[nodiscard]] std::size_t size() const noexcept { return questions_.size(); }
  [[nodiscard]] const Question& operator[](QuestionId id) const noexcept { return questions_[id]; }
  [[nodiscard]] const std::vector<Question>& all() const noexcept { return questions_; }

  /// A value of a row that was written, before or after. `out` may get a question more than once.
  void concerned(std::string_view table, std::string_view column, const std::string& value,
                 std::vector<QuestionId>& out) const;
  /// Whatever the row is.
  void concerned(std::string_view table, std::vector<QuestionId>& out) const;
  /// Columns of `table` whose values matter.
  [[nodiscard]] const std::vector<std::string>& columns(std::string_view table) const noexcept;

 private:
  void ask(std::string_view route, Arguments arguments);
  void concern(std::size_t endpoint, QuestionId id, const Arguments& arguments);

  const std::vector<EndpointFile>& endpoints_;
  std::vector<Question> questions_;
  std::unordered_map<std::string, std::vector<QuestionId>> concerns_;  // by "table.column=value", or "table"
  std::unordered_map<std::string, std::vector<std::string>> columns_;
};

/// Names of the world.
[[nodiscard]] std::string category_name(int number, bool upper);
[[nodiscard]] std::string code_name(int number, bool upper);

}  // namespace freshet::history
