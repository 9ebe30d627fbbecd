#pragma once
// Whole files in and out.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace freshet {

/// The bytes of a file; kind config with the system's reason if it cannot be read.
[[nodiscard]] Expected<std::string> read_file(const std::filesystem::path& path);
/// Writes by way of a temporary file and a rename, so that nobody reads half of it. Throws config.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace freshet
