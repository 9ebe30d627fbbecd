#include "api/body.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace freshet::api {
namespace {

using simdjson::error_code;
namespace dom = simdjson::dom;

[[noreturn]] void refuse(error_code code) {
  switch (code) {
    case simdjson::EMPTY:
      throw Error(ErrorKind::bad_request, "the body is empty; JSON is expected");
    case simdjson::DEPTH_ERROR:
      throw Error(ErrorKind::bad_request, fmt::format("the body is nested deeper than {} levels", json_depth_max));
    case simdjson::NUMBER_ERROR:
      throw Error(ErrorKind::bad_request, "the body has a number that is malformed or out of range");
    case simdjson::UTF8_ERROR:
      throw Error(ErrorKind::bad_request, "the body is not valid UTF-8");
    default:
      throw Error(ErrorKind::bad_request, "the body is not valid JSON").detailing(simdjson::error_message(code));
  }
}

dom::element parse_whole(dom::parser& parser, std::string_view text) {
  if (const error_code code = parser.allocate(std::max<std::size_t>(text.size(), 64), json_depth_max)) refuse(code);
  dom::element root;
  if (const error_code code = parser.parse(text.data(), text.size()).get(root)) refuse(code);
  return root;
}

/// Walks over text that is known to be valid JSON and tells where each value ends.
class Slicer {
 public:
  explicit Slicer(std::string_view text) : text_(text) {}

  char peek() {
    while (blank(text_[at_])) ++at_;
    return text_[at_];
  }
  void take() {
    (void)peek();
    ++at_;
  }
  std::string_view value() {
    (void)peek();
    const std::size_t start = at_;
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (at_ < text_.size() && (depth > 0 || !ends(start)));
    return text_.substr(start, at_ - start);
  }

 private:
  static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  // A scalar ends before a separator; a string or a bracket has just ended by itself.
  [[nodiscard]] bool ends(std::size_t start) const {
    const char first = text_[start];
    if (first == '"' || first == '{' || first == '[') return true;
    const char c = text_[at_];
    return c == ',' || c == '}' || c == ']' || blank(c);
  }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

JsonObject read_object(const dom::object& object, Slicer& slicer) {
  JsonObject out;
  slicer.take();  // {
  for (const auto field : object) {
    if (!out.empty()) slicer.take();  // ,
    (void)slicer.value();             // the name as written; simdjson has it unescaped
    slicer.take();                    // :
    const std::string_view name = field.key;
    if (out.size() == json_members_max) {
      throw Error(ErrorKind::bad_request,
                  fmt::format("an object of the body has more than {} members", json_members_max));
    }
    if (std::any_of(out.begin(), out.end(), [&](const JsonMember& m) { return m.name == name; })) {
      throw Error(ErrorKind::bad_request, fmt::format("the body has the member \"{}\" twice", name));
    }
    out.push_back({.name = std::string(name), .raw = slicer.value()});
  }
  slicer.take();  // }
  return out;
}

dom::object as_object(const dom::element& element, std::string_view what) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    throw Error(ErrorKind::bad_request, fmt::format("{} must be a JSON object", what));
  }
  return object;
}

}  // namespace

JsonBody JsonBody::parse(std::string_view text, bool array_allowed, std::size_t objects_max) {
  dom::parser parser;
  const dom::element root = parse_whole(parser, text);
  Slicer slicer(text);
  JsonBody body;
  dom::array items;
  if (root.get(items) != simdjson::SUCCESS) {
    body.objects.push_back(read_object(as_object(root, "the body"), slicer));
    return body;
  }
  if (!array_allowed) throw Error(ErrorKind::bad_request, "the body must be one JSON object, not an array");
  body.array = true;
  slicer.take();  // [
  for (const dom::element item : items) {
    if (!body.objects.empty()) slicer.take();  // ,
    if (body.objects.size() == objects_max) {
      throw Error(ErrorKind::payload_too_large, fmt::format("at most {} items may be sent at once", objects_max));
    }
    body.objects.push_back(
        read_object(as_object(item, fmt::format("item {} of the body", body.objects.size())), slicer));
  }
  return body;
}

}  // namespace freshet::api
