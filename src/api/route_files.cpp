#include "api/route_files.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"

namespace freshet::api {
namespace {

constexpr std::string_view postgres_suffix = ".postgres";

bool identifier(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool literal_segment(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '~' || c == '.';
  });
}

void add_segment(RouteFile& out, const std::string& segment) {
  if (segment.starts_with('[') && segment.ends_with(']')) {
    const std::string name = segment.substr(1, segment.size() - 2);
    if (!identifier(name)) {
      throw Error(ErrorKind::config, fmt::format("`[{}]` is no parameter name", name))
          .hinting("letters, digits and _ within the brackets, as in [category]");
    }
    if (std::find(out.parameters.begin(), out.parameters.end(), name) != out.parameters.end()) {
      throw Error(ErrorKind::config, fmt::format("the path has the parameter [{}] twice", name));
    }
    out.parameters.push_back(name);
    out.route += "/{" + name + "}";
    return;
  }
  if (!literal_segment(segment)) {
    throw Error(ErrorKind::config, fmt::format("`{}` cannot be part of a route", segment))
        .hinting("letters, digits, - _ ~ and . may be used, and [name] for a parameter");
  }
  out.route += "/" + segment;
}

// Takes ".post" off "transactions.post".
http::Method take_method(std::string& stem) {
  const std::size_t dot = stem.rfind('.');
  if (dot == std::string::npos || dot == 0) return http::Method::get;
  const std::string word = stem.substr(dot + 1);
  const std::map<std::string_view, http::Method> methods{{"get", http::Method::get},
                                                         {"post", http::Method::post},
                                                         {"put", http::Method::put},
                                                         {"patch", http::Method::patch},
                                                         {"delete", http::Method::delete_}};
  const auto found = methods.find(word);
  if (found != methods.end()) {
    stem.resize(dot);
    return found->second;
  }
  std::vector<std::string_view> words;
  words.reserve(methods.size());
  for (const auto& [name, method] : methods) words.push_back(name);
  if (const std::string hint = did_you_mean(word, words); !hint.empty()) {
    throw Error(ErrorKind::config, fmt::format("`.{}` is no method", word)).hinting(hint);
  }
  return http::Method::get;
}

}  // namespace

RouteFile route_of(const std::filesystem::path& relative) {
  RouteFile out;
  std::string stem = relative.stem().string();
  if (stem.ends_with(postgres_suffix)) stem.resize(stem.size() - postgres_suffix.size());
  out.method = take_method(stem);
  for (const std::filesystem::path& folder : relative.parent_path()) add_segment(out, folder.string());
  if (stem != "index") add_segment(out, stem);
  if (out.route.empty()) out.route = "/";
  return out;
}

std::vector<RouteFile> find_route_files(const std::filesystem::path& endpoints, db::Dialect dialect,
                                        Diagnostics& problems) {
  std::vector<RouteFile> out;
  if (!std::filesystem::is_directory(endpoints)) return out;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(endpoints)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && entry.path().extension() == ".sql" && !name.starts_with('.'))
      files.insert(entry.path());
  }
  const auto postgres_twin = [](const std::filesystem::path& file) {
    return file.parent_path() / (file.stem().string() + std::string(postgres_suffix) + ".sql");
  };
  for (const std::filesystem::path& file : files) {
    const bool for_postgres = file.stem().string().ends_with(postgres_suffix);
    if (dialect == db::Dialect::postgres ? files.contains(postgres_twin(file)) : for_postgres) continue;
    try {
      RouteFile route = route_of(file.lexically_relative(endpoints));
      route.file = file;
      out.push_back(std::move(route));
    } catch (Error& error) {
      problems.push_back(std::move(error.at({.file = file.string()})));
    }
  }
  std::sort(out.begin(), out.end(), [](const RouteFile& a, const RouteFile& b) {
    return std::pair(a.route, a.method) < std::pair(b.route, b.method);
  });
  return out;
}

}  // namespace freshet::api
