#pragma once
// The codecs behind Content-Encoding: br, zstd and gzip, for whole bodies and for bodies that come in pieces.

#include <memory>
#include <string_view>

#include "core/bytes.hpp"
#include "http/negotiation.hpp"

namespace freshet::http {

/// One body on its way out. Not thread-safe, but may move from thread to thread between calls.
class Encoder {
 public:
  virtual ~Encoder() = default;
  enum class Until : std::uint8_t {
    more,   // may keep bytes back for a better ratio
    flush,  // everything so far can be decoded from what is appended
    end     // the body is complete; no call after this one
  };
  /// Encodes `input` and appends what comes out to `out`. Throws Error(internal) if the library fails.
  virtual void encode(std::string_view input, Until until, Bytes& out) = 0;
};

/// `level` is 1 (fast) to 9 (small), handed to the library as it is. `size_hint`: of the whole body, 0: unknown.
/// Throws Error(internal) for identity, and if there is no memory for the library's state.
[[nodiscard]] std::unique_ptr<Encoder> make_encoder(Coding coding, int level, std::size_t size_hint = 0);

/// A whole body.
[[nodiscard]] Bytes encode(Coding coding, int level, std::string_view body);

}  // namespace freshet::http
