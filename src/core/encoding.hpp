#pragma once
// Texts of the days before UTF-8.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet {

enum class TextEncoding : std::uint8_t { utf8, latin1, windows_1252 };

/// "utf-8", "latin1" or "iso-8859-1", "windows-1252" or "cp1252"; the case, '-' and '_' do not matter.
[[nodiscard]] std::optional<TextEncoding> parse_encoding(std::string_view name);

/// Appends `bytes` as UTF-8. UTF-8 itself is appended as it is. Any cut between bytes is fine for the others.
void append_as_utf8(std::string& out, std::string_view bytes, TextEncoding encoding);

}  // namespace freshet
