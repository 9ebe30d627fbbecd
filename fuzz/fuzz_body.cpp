// JSON bodies. Checked: JsonCheck agrees with JsonBody::parse; an array is read only where one is allowed; members lie
// within the body, in order, are JSON themselves and unique by name; what the body's parser takes, the parser of json
// parameters takes too.

#include <set>
#include <string>

#include "api/body.hpp"
#include "core/json_check.hpp"
#include "core/text.hpp"
#include "sql/json_text.hpp"
#include "sql/parameter.hpp"

#include "fuzz/property.hpp"

namespace freshet::fuzz {
namespace {

constexpr std::size_t objects_max = 20;

void check_members(const api::JsonBody& body, std::string_view text) {
  const char* last = text.data();
  for (const api::JsonObject& object : body.objects) {
    must(object.size() <= api::json_members_max, "an object has no more members than are allowed");
    std::set<std::string> names;
    for (const api::JsonMember& member : object) {
      must(names.insert(member.name).second, "names are unique");
      must(valid_utf8(member.name), "names are UTF-8");
      must(!member.raw.empty() && lies_within(member.raw, text), "members lie within the body");
      must(member.raw.data() >= last, "members are in the order of the body");
      last = member.raw.data() + member.raw.size();
      must(JsonCheck(api::json_depth_max).valid(member.raw), "a member's value is JSON");
      sql::ParameterSpec spec;
      spec.type = sql::ParameterType::json;
      Argument argument;
      must(!sql::parse_json(spec, member.raw, argument), "a member's value is taken by a json parameter");
    }
  }
}

void check_parse(std::string_view text, bool array_allowed, bool valid) {
  const std::string_view trimmed = trim(text);
  try {
    const api::JsonBody body = api::JsonBody::parse(text, array_allowed, objects_max);
    must(valid, "what is parsed is valid JSON");
    must(body.array == trimmed.starts_with('['), "an array is known as one");
    must(array_allowed || !body.array, "an array is read only where it is allowed");
    must(body.array ? body.objects.size() <= objects_max : body.objects.size() == 1, "the number of objects is right");
    check_members(body, text);
  } catch (const Error& error) {
    const bool too_many = error.kind() == ErrorKind::payload_too_large;
    must(error.kind() == ErrorKind::bad_request || (too_many && array_allowed), "refusals are the caller's fault");
    must(!error.message().empty() && valid_utf8(error.message()), "a refusal has words");
    if (!valid) return;
    const bool says_why = too_many || error.message().find("must be") != std::string::npos ||
                          error.message().find("twice") != std::string::npos ||
                          error.message().find("more than") != std::string::npos;
    must(says_why, "valid JSON is refused for what it holds only");
  }
}

}  // namespace
}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  const std::string_view text = fuzz::text_of(data, size);
  const bool valid = JsonCheck(api::json_depth_max).valid(text);
  if (valid) {
    const auto compact = sql::compact_json(text, api::json_depth_max);
    fuzz::must(compact.has_value(), "both parsers of JSON take it");
    fuzz::must(JsonCheck(api::json_depth_max).valid(*compact), "JSON without its blanks is JSON");
  }
  for (const bool array_allowed : {false, true}) fuzz::check_parse(text, array_allowed, valid);
  return 0;
}
