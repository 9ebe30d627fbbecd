#include "feed/tag.hpp"

#define XXH_STATIC_LINKING_ONLY  // the state, to have it on the stack
#include <xxhash.h>

namespace freshet::feed {
namespace {

// Lengths go in before texts, so that no two lists of texts run into the same bytes.
class Hasher {
 public:
  explicit Hasher(std::uint64_t kind) noexcept { XXH3_64bits_reset_withSeed(&state_, kind); }
  void add(std::string_view text) noexcept {
    const std::uint64_t size = text.size();
    XXH3_64bits_update(&state_, &size, sizeof size);
    XXH3_64bits_update(&state_, text.data(), text.size());
  }
  [[nodiscard]] TagId id() const noexcept { return XXH3_64bits_digest(&state_); }

 private:
  XXH3_state_t state_;
};

constexpr std::uint64_t of_data = 1;
constexpr std::uint64_t of_people = 2;

void add_readable(std::string& out, std::string_view canonical) {
  // The first byte of a canonical value says its type; people need not see it.
  for (const char c : canonical.substr(canonical.empty() ? 0 : 1)) {
    if (c == ',' || c == ']' || c == '\\') out.push_back('\\');
    out.push_back(static_cast<unsigned char>(c) < 0x20 ? '.' : c);
  }
}

}  // namespace

Tag table_tag(std::string_view table) {
  Hasher hasher(of_data);
  hasher.add(table);
  return {.id = hasher.id(), .text = std::string(table), .table = hasher.id()};
}

Tag manual_tag(std::string_view name) {
  Hasher hasher(of_people);
  hasher.add(name);
  return {.id = hasher.id(), .text = std::string(name), .table = 0};
}

Tag piece_tag(const Shape& shape, const std::vector<std::string>& values) {
  const std::vector<std::string_view> views(values.begin(), values.end());
  Tag tag{.id = piece_id(shape, views.data()), .text = shape.table, .table = table_tag(shape.table).id};
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    tag.text.push_back(i == 0 ? '[' : ',');
    tag.text += shape.columns[i];
    tag.text.push_back('=');
    add_readable(tag.text, values[i]);
  }
  if (!shape.columns.empty()) tag.text.push_back(']');
  return tag;
}

TagId piece_id(const Shape& shape, const std::string_view* values) noexcept {
  Hasher hasher(of_data);
  hasher.add(shape.table);
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    hasher.add(shape.columns[i]);
    hasher.add(values[i]);
  }
  return hasher.id();
}

}  // namespace freshet::feed
