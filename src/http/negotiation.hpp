#pragma once
// Which content coding an answer gets: what the request accepts (RFC 9110, section 12.5.3) and what the server offers.

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "core/coding.hpp"

namespace freshet::http {

/// What a request's Accept-Encoding says. A value type that allocates nothing.
class AcceptedCodings {
 public:
  /// One field line. Several lines of a request add up as if they were one list. A member whose weight is malformed
  /// counts as refused, codings that we do not know are passed over, and the first mention of a coding counts.
  void add(std::string_view field) noexcept;

  /// The coding of highest weight among `offered`, the first of equals. identity wins only where it is named (or met by
  /// `*`) with a higher weight than all of them, or where none of them is accepted: also if identity is refused, since
  /// an answer that a client may be able to read is better than none.
  [[nodiscard]] Coding choose(std::span<const Coding> offered) const noexcept;

 private:
  [[nodiscard]] int weight(Coding coding) const noexcept;

  static constexpr int unnamed = -1;
  std::array<int, coding_count> weights_{unnamed, unnamed, unnamed, unnamed};  // in thousandths
  int other_ = unnamed;                                                        // of `*`
};

/// A weight ("0.5") in thousandths; nullopt: not 0 to 1 with at most three decimals.
[[nodiscard]] std::optional<int> weight_from(std::string_view text) noexcept;

/// True for media types that get smaller: text, JSON, XML, JavaScript, SVG, WebAssembly. Parameters are ignored.
[[nodiscard]] bool is_compressible(std::string_view content_type) noexcept;

}  // namespace freshet::http
