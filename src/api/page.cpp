#include "api/page.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "core/json_writer.hpp"

namespace freshet::api {
namespace {

// The pages worth a link, by relation.
void for_each_link(const PageFigures& figures, const std::function<void(std::string_view, std::int64_t)>& visit) {
  const std::int64_t last = std::max<std::int64_t>(figures.total_pages(), 1);
  visit("self", figures.page);
  visit("first", 1);
  if (figures.has_previous()) visit("prev", std::min(figures.page - 1, last));
  if (figures.has_next()) visit("next", figures.page + 1);
  visit("last", last);
}

}  // namespace

std::string page_target(std::string_view path, std::string_view query, std::int64_t page) {
  std::string out(path);
  char separator = '?';
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty() || pair == "page" || pair.starts_with("page=")) continue;
    out += separator;
    out += pair;
    separator = '&';
  }
  return fmt::format("{}{}page={}", out, separator, page);
}

void append_envelope(Bytes& out, std::string_view items, const PageFigures& figures, std::string_view path,
                     std::string_view query) {
  JsonWriter json(out);
  json.begin_object();
  json.key("items");
  json.begin_array();
  if (!items.empty()) json.raw(items);
  json.end_array();
  json.member("total", figures.total);
  json.member("page", figures.page);
  json.member("page_size", figures.page_size);
  json.member("total_pages", figures.total_pages());
  json.member("has_next", figures.has_next());
  json.member("has_previous", figures.has_previous());
  json.key("links");
  json.begin_object();
  for_each_link(figures, [&](std::string_view relation, std::int64_t page) {
    json.member(relation, std::string_view(page_target(path, query, page)));
  });
  json.end_object();
  json.end_object();
}

std::string link_header(const PageFigures& figures, std::string_view path, std::string_view query) {
  std::string out;
  for_each_link(figures, [&](std::string_view relation, std::int64_t page) {
    out += fmt::format("{}<{}>; rel=\"{}\"", out.empty() ? "" : ", ", page_target(path, query, page), relation);
  });
  return out;
}

}  // namespace freshet::api
