#include "api/json_check.hpp"

#include <algorithm>

#include <simdjson.h>

#include "api/body.hpp"

namespace freshet::api {

struct JsonCheck::Parser {
  simdjson::dom::parser parser;
};

JsonCheck::JsonCheck() = default;
JsonCheck::JsonCheck(JsonCheck&& other) noexcept = default;
JsonCheck& JsonCheck::operator=(JsonCheck&& other) noexcept = default;
JsonCheck::~JsonCheck() = default;

bool JsonCheck::valid(std::string_view text) {
  if (parser_ == nullptr) parser_ = std::make_unique<Parser>();
  simdjson::dom::parser& parser = parser_->parser;
  if (text.size() > parser.capacity() || parser.capacity() == 0) {
    constexpr std::size_t capacity_min = 4096;
    const std::size_t capacity = std::max({text.size(), 2 * parser.capacity(), capacity_min});
    if (parser.allocate(capacity, json_depth_max) != simdjson::SUCCESS) return false;
  }
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

}  // namespace freshet::api
