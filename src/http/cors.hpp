#pragma once
// Cross-origin resource sharing as the Fetch standard asks of servers: which headers an answer gets for which Origin.

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

namespace freshet::http {

/// Built once from the options; immutable, shared by all threads.
class Cors {
 public:
  /// Throws config: "*" together with other origins or with credentials, an origin that is none.
  explicit Cors(const ServerOptions& options);

  [[nodiscard]] bool enabled() const noexcept { return !origins_.empty() || any_; }
  [[nodiscard]] bool allows(std::string_view origin) const noexcept;

  /// Header lines for an ordinary answer to a request with this Origin (may be empty).
  void append_headers(Bytes& out, std::string_view origin) const;

  /// True for a preflight of an allowed origin.
  [[nodiscard]] bool is_preflight(const Request& request, std::string_view origin) const noexcept;
  /// Header lines that answer it, beyond append_headers(): methods ("GET, POST"), headers, age.
  void append_preflight(Bytes& out, const Request& request, std::string_view methods) const;

 private:
  std::vector<std::string> origins_;
  bool any_ = false;
  bool credentials_ = false;
  std::string varying_;  // lines that do not depend on the origin's value, when the answer depends on the origin
  std::string allowed_;  // lines after Access-Control-Allow-Origin
  std::string max_age_;
};

}  // namespace freshet::http
