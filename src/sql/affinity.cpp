#include "sql/affinity.hpp"

#include "core/text.hpp"

namespace freshet::sql {
namespace {

bool contains(std::string_view text, std::string_view word) noexcept {
  for (std::size_t i = 0; i + word.size() <= text.size(); ++i) {
    if (equal_ignoring_case(text.substr(i, word.size()), word)) return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(Affinity affinity) noexcept {
  switch (affinity) {
    case Affinity::blob:
      return "blob";
    case Affinity::text:
      return "text";
    case Affinity::numeric:
      return "numeric";
  }
  return "";
}

Affinity affinity_of(std::string_view declared_type, bool strict) noexcept {
  if (strict && equal_ignoring_case(declared_type, "ANY")) return Affinity::blob;
  if (contains(declared_type, "INT")) return Affinity::numeric;
  for (const std::string_view word : {"CHAR", "CLOB", "TEXT"}) {
    if (contains(declared_type, word)) return Affinity::text;
  }
  return declared_type.empty() || contains(declared_type, "BLOB") ? Affinity::blob : Affinity::numeric;
}

Collation collation_of(std::string_view name) noexcept {
  if (name.empty() || equal_ignoring_case(name, "BINARY")) return Collation::binary;
  if (equal_ignoring_case(name, "NOCASE")) return Collation::nocase;
  if (equal_ignoring_case(name, "RTRIM")) return Collation::rtrim;
  return Collation::other;
}

}  // namespace freshet::sql
