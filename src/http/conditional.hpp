#pragma once
// Entity tags and the precondition If-None-Match (RFC 9110, sections 8.8.3 and 13.1.2).

#include <string_view>

#include "core/coding.hpp"
#include "core/entity_tag.hpp"

namespace freshet::http {

/// The opaque part of a strong tag for these bytes: XXH3-128 in 32 hexadecimal digits. About 10 GB/s.
[[nodiscard]] EntityTag entity_tag_of(std::string_view body);

/// What the tag of an encoded body has before its closing quote, since a strong tag names bytes: "-br", "-gzip", ...;
/// empty for identity.
[[nodiscard]] std::string_view tag_suffix(Coding coding) noexcept;

/// True if one line of If-None-Match names `tag` + tag_suffix(coding), or is `*`. Weak comparison: W/ does
/// not matter. What is malformed names nothing from there on. No allocation.
[[nodiscard]] bool names_tag(std::string_view if_none_match, const EntityTag& tag, Coding coding) noexcept;

}  // namespace freshet::http
