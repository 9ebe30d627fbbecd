#include "http/conditional.hpp"

#include <xxhash.h>

#include <array>

#include "core/text.hpp"

namespace freshet::http {

EntityTag entity_tag_of(std::string_view body) {
  const XXH128_hash_t hash = XXH3_128bits(body.data(), body.size());
  XXH128_canonical_t bytes{};
  XXH128_canonicalFromHash(&bytes, hash);
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 2 * sizeof bytes.digest> text{};
  for (std::size_t i = 0; i < sizeof bytes.digest; ++i) {
    text[2 * i] = digits[bytes.digest[i] >> 4];
    text[2 * i + 1] = digits[bytes.digest[i] & 15];
  }
  return EntityTag(std::string_view(text.data(), text.size()));
}

std::string_view tag_suffix(Coding coding) noexcept {
  constexpr std::array<std::string_view, coding_count> suffixes{"", "-br", "-zstd", "-gzip"};
  return suffixes[static_cast<std::size_t>(coding)];
}

bool names_tag(std::string_view if_none_match, const EntityTag& tag, Coding coding) noexcept {
  std::string_view rest = trim(if_none_match);
  if (rest == "*") return true;
  const std::string_view opaque = tag.view();
  const std::string_view suffix = tag_suffix(coding);
  while (!rest.empty()) {
    if (rest.front() == ',') {
      rest = trim(rest.substr(1));
      continue;
    }
    if (rest.starts_with("W/")) rest.remove_prefix(2);
    if (!rest.starts_with('"')) return false;
    const std::size_t end = rest.find('"', 1);
    if (end == std::string_view::npos) return false;
    const std::string_view named = rest.substr(1, end - 1);
    if (named.size() == opaque.size() + suffix.size() && named.starts_with(opaque) && named.ends_with(suffix)) {
      return true;
    }
    rest = trim(rest.substr(end + 1));
    if (!rest.empty() && rest.front() != ',') return false;
  }
  return false;
}

}  // namespace freshet::http
