#pragma once
// Matches methods and paths to routes. Built once, then immutable and shared.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "http/message.hpp"

namespace freshet::http {

/// Route patterns are like "/dashboard/drill-down/{category}". Literal segments win over parameters; where the literal
/// leads nowhere, the parameter is tried. A trailing slash is another route, and a parameter is never empty.
class Router {
 public:
  /// `index` is the caller's. Throws config: a duplicate (same shape and method), a bad pattern.
  void add(Method method, std::string_view pattern, std::uint32_t index);

  struct Match {
    std::uint32_t index = 0;
    bool path_found = false;    // some method exists for this path
    bool method_found = false;  // and this one (HEAD is served by GET)
  };
  /// `values` gets the raw (still encoded) text of each {param}, in order. O(segments) but for paths on which literals
  /// and parameters compete; no allocation when `values` has room. Literals are compared as they are sent, then
  /// decoded.
  [[nodiscard]] Match match(Method method, std::string_view raw_path, std::vector<std::string_view>& values) const;

  /// For OPTIONS and 405: "GET, HEAD, POST, OPTIONS". Empty: no such path.
  [[nodiscard]] std::string allowed(std::string_view raw_path) const;

  /// The patterns nearest to a path (edit distance), best first; for a development 404.
  [[nodiscard]] std::vector<std::string> near(std::string_view path, std::size_t count) const;

 private:
  struct Node {
    std::vector<std::pair<std::string, std::uint32_t>> literals;  // sorted
    std::int32_t parameter = -1;                                  // child for {param}
    std::vector<std::pair<Method, std::uint32_t>> methods;
    std::uint32_t pattern = 0;  // in patterns_, when there are methods
  };
  /// Hands each end of a route that `rest` fits to `visit`, literals first, until one answers true.
  template <class Visit>
  bool walk(std::uint32_t at, std::string_view rest, std::vector<std::string_view>& values, Visit&& visit) const;
  [[nodiscard]] const std::uint32_t* literal(const Node& node, std::string_view raw) const;
  std::uint32_t child(std::uint32_t at, std::string_view segment, std::string_view pattern);

  std::vector<Node> nodes_{1};
  std::vector<std::string> patterns_;
};

}  // namespace freshet::http
