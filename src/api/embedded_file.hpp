#pragma once
// The files of web/docs, which cmake/Embed.cmake puts into the binary.

#include <span>
#include <string_view>

namespace freshet::api {

/// Static for the life of the process.
struct EmbeddedFile {
  std::string_view name;  // "docs.css"
  std::string_view bytes;
  std::string_view digest;  // 16 hex digits of the content's SHA-256
};

[[nodiscard]] std::span<const EmbeddedFile> docs_files() noexcept;

}  // namespace freshet::api
