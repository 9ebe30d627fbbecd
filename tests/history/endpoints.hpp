#pragma once
// The endpoints of the app, read in the oracle's own simple way: it shares no code with what it judges.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::history {

/// A value that is given for a parameter, as the text that a request has for it.
struct Given {
  std::string name;
  std::vector<std::string> values;  // several: a list
};
using Arguments = std::vector<Given>;
[[nodiscard]] const Given* find(const Arguments& arguments, std::string_view name) noexcept;

struct EndpointStatement {
  std::string name;  // its key in the answer; empty where there is one statement
  bool object = false;
  std::string sql;  // with :name
};

struct EndpointFile {
  std::string route;                         // "/item/{id}"
  bool writes = false;                       // a .post.sql
  std::map<std::string, std::string> types;  // of parameters: "int", "text", "text[]"
  std::vector<EndpointStatement> statements;
};

/// Every endpoint below `folder`/endpoints, sorted by route.
[[nodiscard]] std::vector<EndpointFile> read_endpoints(const std::filesystem::path& folder);

/// The request target of a GET: "/item/3", "/items?category=c07".
[[nodiscard]] std::string target_of(const EndpointFile& endpoint, const Arguments& arguments);
/// The body of a POST.
[[nodiscard]] std::string body_of(const EndpointFile& endpoint, const Arguments& arguments);

}  // namespace freshet::history
