#pragma once
// The libraries' own decoders, to check what the encoders make.

#include <string>
#include <string_view>

#include "http/negotiation.hpp"

namespace freshet::http::test {

/// As much as can be decoded; `whole` tells whether the end of the body was there and nothing behind it.
[[nodiscard]] std::string decode(Coding coding, std::string_view bytes, bool& whole);

/// A body like those of endpoints, of at least `size` bytes.
[[nodiscard]] std::string rows(std::size_t size);

}  // namespace freshet::http::test
