#pragma once
// The content codings that bodies are sent and kept in.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace freshet {

enum class Coding : std::uint8_t { identity, br, zstd, gzip };
inline constexpr std::size_t coding_count = 4;

/// "br", "zstd", "gzip", "identity": as in Content-Encoding.
[[nodiscard]] std::string_view to_string(Coding coding) noexcept;
/// Of a token in any case; "x-gzip" is gzip.
[[nodiscard]] std::optional<Coding> coding_from(std::string_view token) noexcept;

}  // namespace freshet
