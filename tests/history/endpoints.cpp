#include "history/endpoints.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace freshet::history {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string route_of(const std::filesystem::path& relative, bool writes) {
  std::string route = "/" + relative.generic_string();
  route.resize(route.size() - std::string_view(writes ? ".post.sql" : ".sql").size());
  std::ranges::replace(route, '[', '{');
  std::ranges::replace(route, ']', '}');
  return route;
}

/// Directives apply to the statement that follows; a semicolon at the end of a line ends it.
class Reader {
 public:
  explicit Reader(EndpointFile& file) : file_(file) {}

  void line(const std::string& line) {
    if (line.starts_with("-- @")) {
      directive(line.substr(4));
    } else if (!line.starts_with("--") && !line.empty()) {
      statement_.sql += statement_.sql.empty() ? line : "\n" + line;
      if (line.ends_with(';')) end();
    }
  }
  void end() {
    if (!statement_.sql.empty()) file_.statements.push_back(statement_);
    statement_ = {};
  }

 private:
  void directive(const std::string& text) {
    std::istringstream words(text);
    std::string directive, first, second;
    words >> directive >> first >> second;
    if (directive == "param") file_.types[first] = second;
    if (directive == "name") statement_.name = first;
    if (directive == "shape") statement_.object = first == "object";
  }

  EndpointFile& file_;
  EndpointStatement statement_;
};

EndpointFile read_endpoint(const std::filesystem::path& folder, const std::filesystem::path& path) {
  EndpointFile file;
  file.writes = path.string().ends_with(".post.sql");
  file.route = route_of(path.lexically_relative(folder), file.writes);
  Reader reader(file);
  std::istringstream text(read_file(path));
  for (std::string line; std::getline(text, line);) reader.line(line);
  reader.end();
  return file;
}

}  // namespace

const Given* find(const Arguments& arguments, std::string_view name) noexcept {
  const auto found = std::ranges::find(arguments, name, &Given::name);
  return found == arguments.end() ? nullptr : &*found;
}

std::vector<EndpointFile> read_endpoints(const std::filesystem::path& folder) {
  const std::filesystem::path endpoints = folder / "endpoints";
  std::vector<EndpointFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(endpoints)) {
    if (entry.is_regular_file()) files.push_back(read_endpoint(endpoints, entry.path()));
  }
  std::ranges::sort(files, {}, &EndpointFile::route);
  return files;
}

// Names and values of this app are letters, digits and points: nothing has to be escaped.
std::string target_of(const EndpointFile& endpoint, const Arguments& arguments) {
  std::string path = endpoint.route, query;
  for (const Given& given : arguments) {
    const std::string value = fmt::format("{}", fmt::join(given.values, ","));
    const std::size_t place = path.find("{" + given.name + "}");
    if (place != std::string::npos) {
      path.replace(place, given.name.size() + 2, value);
    } else {
      query += (query.empty() ? "?" : "&") + given.name + "=" + value;
    }
  }
  return path + query;
}

std::string body_of(const EndpointFile& endpoint, const Arguments& arguments) {
  std::string body;
  for (const Given& given : arguments) {
    const bool text = endpoint.types.at(given.name) == "text";
    body += fmt::format("{}\"{}\":{}{}{}", body.empty() ? "{" : ",", given.name, text ? "\"" : "", given.values.front(),
                        text ? "\"" : "");
  }
  return body + "}";
}

}  // namespace freshet::history
