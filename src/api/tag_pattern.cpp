#include "api/tag_pattern.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"

namespace freshet::api {
namespace {

/// Reads `column=value` pairs up to the closing bracket.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  TagPattern read() {
    TagPattern pattern;
    const std::size_t open = std::min(text_.find('['), text_.size());
    pattern.name = trim(text_.substr(0, open));
    if (pattern.name.empty()) refuse("it has no name");
    at_ = open;
    if (at_ == text_.size()) return pattern;
    do {
      ++at_;
      pattern.columns.push_back(pair());
    } while (text_[at_] == ',');
    if (at_ + 1 != text_.size()) refuse("something follows its bracket");
    return pattern;
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(ErrorKind::bad_request, fmt::format("`{}` is no tag: {}", text_, why))
        .hinting("transactions, transactions[month=2025-01], or a name of @tags");
  }

  /// Ends at a comma or at the closing bracket.
  std::pair<std::string, std::string> pair() {
    const std::size_t equals = text_.find('=', at_);
    if (equals == std::string_view::npos) refuse("between brackets stand column=value");
    std::pair<std::string, std::string> out(trim(text_.substr(at_, equals - at_)), "");
    if (out.first.empty()) refuse("a column has no name");
    for (at_ = equals + 1; at_ < text_.size(); ++at_) {
      if (text_[at_] == ',' || text_[at_] == ']') return out;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out.second += text_[at_];
    }
    refuse("its bracket is not closed");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

TagPattern TagPattern::parse(std::string_view text) { return Reader(text).read(); }

bool TagPattern::overlaps(const TagPattern& other) const {
  if (!equal_ignoring_case(name, other.name)) return false;
  return std::ranges::all_of(columns, [&](const auto& column) {
    return std::ranges::all_of(other.columns, [&](const auto& theirs) {
      return !equal_ignoring_case(column.first, theirs.first) || equal_ignoring_case(column.second, theirs.second);
    });
  });
}

}  // namespace freshet::api
