#include "core/json_check.hpp"

#include <algorithm>

#include <simdjson.h>

namespace freshet {

struct JsonCheck::Parser {
  simdjson::dom::parser parser;
};

JsonCheck::JsonCheck(std::size_t depth_max) : depth_max_(depth_max) {}
JsonCheck::JsonCheck(JsonCheck&& other) noexcept = default;
JsonCheck& JsonCheck::operator=(JsonCheck&& other) noexcept = default;
JsonCheck::~JsonCheck() = default;

bool JsonCheck::valid(std::string_view text) {
  if (parser_ == nullptr) parser_ = std::make_unique<Parser>();
  simdjson::dom::parser& parser = parser_->parser;
  if (text.size() > parser.capacity() || parser.capacity() == 0) {
    constexpr std::size_t capacity_min = 4096;
    const std::size_t capacity = std::max({text.size(), 2 * parser.capacity(), capacity_min});
    if (parser.allocate(capacity, depth_max_) != simdjson::SUCCESS) return false;
  }
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

}  // namespace freshet
