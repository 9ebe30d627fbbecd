#include "sql/pattern.hpp"

#include <utility>

#include <re2/re2.h>

namespace freshet::sql {

namespace {

re2::RE2::Options options() {
  re2::RE2::Options result;
  result.set_log_errors(false);
  result.set_never_capture(true);
  result.set_max_mem(1 << 20);  // a pattern is a line of a directive: what needs more is a mistake
  return result;
}

}  // namespace

struct Pattern::Impl {
  explicit Impl(std::string_view text) : expression(re2::StringPiece(text.data(), text.size()), options()) {}
  re2::RE2 expression;
};

Expected<std::shared_ptr<const Pattern>> Pattern::compile(std::string_view expression) {
  auto impl = std::make_unique<Impl>(expression);
  if (!impl->expression.ok()) return Error(ErrorKind::config, impl->expression.error());
  return std::shared_ptr<const Pattern>(new Pattern(std::move(impl)));
}

Pattern::Pattern(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pattern::~Pattern() = default;

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), impl_->expression);
}

}  // namespace freshet::sql
