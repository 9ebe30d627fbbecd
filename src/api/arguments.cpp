#include "api/arguments.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "api/body.hpp"
#include "core/text.hpp"
#include "sql/parameter.hpp"

namespace freshet::api {
namespace {

using sql::ParameterSpec;

class Reader {
 public:
  Reader(const Endpoint& endpoint, const http::Request& request, bool reject_unknown)
      : endpoint_(endpoint), request_(request), reject_unknown_(reject_unknown) {}

  CallArguments read(std::span<const std::string_view> path_values) {
    const std::vector<ParameterSpec>& specs = endpoint_.source.parameters;
    Arguments shared(specs.size());
    for (std::size_t i = 0; i < specs.size(); ++i) {
      shared[i] = specs[i].default_value;
      if (specs[i].default_now) shared[i].scalar = sql::text_of_now(specs[i].type);
    }
    read_path(path_values, shared);
    read_query(shared);
    read_headers(shared);
    CallArguments out;
    if (has_body_parameters()) {
      read_body(std::move(shared), out);
    } else {
      out.items.push_back(std::move(shared));
    }
    require(out);
    if (!problems_.empty()) {
      throw Error(ErrorKind::unprocessable, summary()).with_fields(std::move(problems_));
    }
    return out;
  }

 private:
  static constexpr std::size_t problems_max = 50;

  [[nodiscard]] std::string summary() const {
    const std::string more = problems_.size() == 1 ? "" : fmt::format(" (and {} more)", problems_.size() - 1);
    return fmt::format("{} {}{}", problems_.front().field, problems_.front().message, more);
  }

  void note(FieldProblem problem, Place place, const std::string& field) {
    if (problems_.size() == problems_max) return;
    problem.in = to_string(place);
    problem.field = field;
    problems_.push_back(std::move(problem));
  }

  std::optional<std::size_t> find(std::string_view name, Place place) const {
    const auto& specs = endpoint_.source.parameters;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (specs[i].name == name && endpoint_.places[i] == place) return i;
    }
    return std::nullopt;
  }

  void unknown(std::string_view name, Place place, const std::string& field) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < endpoint_.places.size(); ++i) {
      if (endpoint_.places[i] == place) names.emplace_back(endpoint_.source.parameters[i].name);
    }
    const std::string_view near = nearest(name, names);
    note({.field = {},
          .in = {},
          .code = "unknown",
          .message = near.empty() ? std::string("is not known here")
                                  : fmt::format("is not known here; did you mean {}?", near)},
         place, field);
  }

  void read_path(std::span<const std::string_view> values, Arguments& out) {
    for (std::size_t i = 0; i < values.size() && i < endpoint_.path_parameters.size(); ++i) {
      const std::uint32_t index = endpoint_.path_parameters[i];
      const std::optional<std::string> text = http::percent_decode(values[i], false);
      if (!text) throw Error(ErrorKind::bad_request, "the path has a malformed escape or is not UTF-8");
      take_text(index, {*text}, Place::path, out);
    }
  }

  void take_text(std::size_t index, const std::vector<std::string>& texts, Place place, Arguments& out) {
    const ParameterSpec& spec = endpoint_.source.parameters[index];
    std::optional<FieldProblem> problem;
    if (spec.list) {
      problem = sql::parse_list(spec, texts, out[index]);
    } else if (texts.size() > 1) {
      problem = FieldProblem{.field = {}, .in = {}, .code = "repeated", .message = "must be given once"};
    } else {
      problem = sql::parse_scalar(spec, texts.front(), out[index].scalar);
    }
    out[index].given = true;
    if (problem) note(*std::move(problem), place, spec.name);
  }

  // Names that belong to nobody here: cache busters and campaign marks that links carry around.
  static bool ignorable(std::string_view name) { return name.starts_with('_') || name.starts_with("utm_"); }

  void read_query(Arguments& out) {
    if (request_.query.empty()) return;
    std::vector<http::QueryPair> pairs = http::parse_query(request_.query);
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (std::size_t i = 0; i < pairs.size();) {
      const std::string& name = pairs[i].name;
      std::vector<std::string> texts;
      std::size_t next = i;
      for (; next < pairs.size() && pairs[next].name == name; ++next) texts.push_back(std::move(pairs[next].value));
      if (const auto index = find(name, Place::query)) {
        take_text(*index, texts, Place::query, out);
      } else if (reject_unknown_ && !ignorable(name) && !(name == "format" && endpoint_.takes_format())) {
        unknown(name, Place::query, name);
      }
      i = next;
    }
  }

  void read_headers(Arguments& out) {
    for (std::size_t i = 0; i < endpoint_.places.size(); ++i) {
      if (endpoint_.places[i] != Place::header) continue;
      const std::string name = header_name_of(endpoint_.source.parameters[i].name);
      const std::string_view text = request_.header(name);
      if (text.empty()) continue;
      if (!valid_utf8(text)) throw Error(ErrorKind::bad_request, fmt::format("the header {} is not UTF-8", name));
      take_text(i, {std::string(text)}, Place::header, out);
    }
  }

  [[nodiscard]] bool has_body_parameters() const {
    return std::find(endpoint_.places.begin(), endpoint_.places.end(), Place::body) != endpoint_.places.end();
  }

  void read_body(Arguments shared, CallArguments& out) {
    const std::string_view type = media_type();
    if (request_.body.empty()) {
      out.items.push_back(std::move(shared));
    } else if (type == "application/x-www-form-urlencoded") {
      read_form(std::move(shared), out);
    } else if (type == "application/json" || type.ends_with("+json")) {
      read_json(shared, out);
    } else {
      throw Error(ErrorKind::unsupported_media,
                  type.empty()
                      ? std::string("the body needs a Content-Type; application/json is expected")
                      : fmt::format("bodies of type {} are not read here; send application/json", printable(type)));
    }
  }

  static std::string printable(std::string_view text) {
    std::string out(text.substr(0, 80));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return out;
  }

  [[nodiscard]] std::string_view media_type() {
    const std::string_view header = request_.header("content-type");
    media_type_ = lower_case(trim(header.substr(0, header.find(';'))));
    return media_type_;
  }

  void read_form(Arguments shared, CallArguments& out) {
    std::vector<http::QueryPair> pairs = http::parse_query(request_.body);
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (std::size_t i = 0; i < pairs.size();) {
      const std::string name = pairs[i].name;
      std::vector<std::string> texts;
      for (; i < pairs.size() && pairs[i].name == name; ++i) texts.push_back(std::move(pairs[i].value));
      if (const auto index = find(name, Place::body)) {
        take_text(*index, texts, Place::body, shared);
      } else {
        unknown(name, Place::body, name);
      }
    }
    out.items.push_back(std::move(shared));
  }

  void read_json(const Arguments& shared, CallArguments& out) {
    const JsonBody body = JsonBody::parse(request_.body, endpoint_.source.bulk, endpoint_.source.bulk_max);
    out.bulk = body.array;
    for (std::size_t item = 0; item < body.objects.size(); ++item) {
      Arguments arguments = shared;
      for (const JsonMember& member : body.objects[item]) {
        const std::string field = field_name(out.bulk, item, member.name);
        const auto index = find(member.name, Place::body);
        if (!index) {
          unknown(member.name, Place::body, field);
          continue;
        }
        const ParameterSpec& spec = endpoint_.source.parameters[*index];
        arguments[*index] = Argument{.scalar = {}, .items = {}, .is_list = spec.list, .given = true};
        if (auto problem = sql::parse_json(spec, member.raw, arguments[*index])) {
          note(*std::move(problem), Place::body, field);
        }
        arguments[*index].given = true;
      }
      out.items.push_back(std::move(arguments));
    }
  }

  static std::string field_name(bool bulk, std::size_t item, std::string_view name) {
    return bulk ? fmt::format("items[{}].{}", item, name) : std::string(name);
  }

  // After everything is read: required parameters that are missing, or null.
  void require(const CallArguments& call) {
    const auto& specs = endpoint_.source.parameters;
    for (std::size_t item = 0; item < call.items.size(); ++item) {
      for (std::size_t i = 0; i < specs.size(); ++i) {
        if (!specs[i].required) continue;
        const Argument& argument = call.items[item][i];
        const bool null = !argument.is_list && std::holds_alternative<Null>(argument.scalar);
        const bool body = endpoint_.places[i] == Place::body;
        const std::string field = field_name(call.bulk && body, item, specs[i].name);
        if (argument.given && (!null || noted(field))) continue;
        note(
            {.field = {}, .in = {}, .code = "required", .message = argument.given ? "must not be null" : "is required"},
            endpoint_.places[i], field);
      }
    }
  }

  [[nodiscard]] bool noted(std::string_view field) const {
    return std::any_of(problems_.begin(), problems_.end(), [&](const FieldProblem& p) { return p.field == field; });
  }

  const Endpoint& endpoint_;
  const http::Request& request_;
  bool reject_unknown_;
  std::string media_type_;
  std::vector<FieldProblem> problems_;
};

}  // namespace

CallArguments read_arguments(const Endpoint& endpoint, const http::Request& request,
                             std::span<const std::string_view> path_values, bool reject_unknown) {
  return Reader(endpoint, request, reject_unknown).read(path_values);
}

Error with_places(const Error& error, const Endpoint& endpoint) {
  std::vector<FieldProblem> fields = error.fields();
  for (FieldProblem& field : fields) {
    for (std::size_t i = 0; i < endpoint.places.size() && field.in.empty(); ++i) {
      if (endpoint.source.parameters[i].name == field.field) field.in = to_string(endpoint.places[i]);
    }
  }
  return Error(error).with_fields(std::move(fields));
}

}  // namespace freshet::api
