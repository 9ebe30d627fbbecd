#include "core/coding.hpp"

#include <array>

#include "core/text.hpp"

namespace freshet {
namespace {

constexpr std::array<std::string_view, coding_count> names{"identity", "br", "zstd", "gzip"};

}  // namespace

std::string_view to_string(Coding coding) noexcept { return names[static_cast<std::size_t>(coding)]; }

std::optional<Coding> coding_from(std::string_view token) noexcept {
  if (equal_ignoring_case(token, "x-gzip")) return Coding::gzip;
  for (std::size_t i = 0; i < coding_count; ++i) {
    if (equal_ignoring_case(token, names[i])) return static_cast<Coding>(i);
  }
  return std::nullopt;
}

}  // namespace freshet
