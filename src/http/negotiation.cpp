#include "http/negotiation.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace freshet::http {
namespace {

constexpr int full_weight = 1000;

// Takes what is before `separator` off `rest`.
std::string_view next(std::string_view& rest, char separator) noexcept {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// The weight among a member's parameters. There is no other parameter here, so anything else is malformed.
int weight_of(std::string_view parameters) noexcept {
  if (trim(parameters).empty()) return full_weight;
  const std::size_t equals = parameters.find('=');
  if (equals == std::string_view::npos || !equal_ignoring_case(trim(parameters.substr(0, equals)), "q")) return 0;
  return weight_from(trim(parameters.substr(equals + 1))).value_or(0);
}

}  // namespace

std::optional<int> weight_from(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = text[0] - '0';
  for (std::size_t i = 2; i < 5; ++i) {
    const char digit = i < text.size() ? text[i] : '0';
    if (digit < '0' || digit > '9') return std::nullopt;
    weight = weight * 10 + (digit - '0');
  }
  return weight > full_weight ? std::nullopt : std::optional<int>(weight);
}

void AcceptedCodings::add(std::string_view field) noexcept {
  while (!field.empty()) {
    std::string_view member = next(field, ',');
    const std::string_view token = next(member, ';');
    if (token.empty()) continue;
    const std::optional<Coding> coding = coding_from(token);
    if (!coding && token != "*") continue;
    int& weight = coding ? weights_[static_cast<std::size_t>(*coding)] : other_;
    if (weight == unnamed) weight = weight_of(member);
  }
}

int AcceptedCodings::weight(Coding coding) const noexcept {
  const int named = weights_[static_cast<std::size_t>(coding)];
  return named != unnamed ? named : other_;
}

Coding AcceptedCodings::choose(std::span<const Coding> offered) const noexcept {
  Coding best = Coding::identity;
  int best_weight = 0;
  for (const Coding coding : offered) {
    if (weight(coding) > best_weight) {
      best = coding;
      best_weight = weight(coding);
    }
  }
  return weight(Coding::identity) > best_weight ? Coding::identity : best;
}

bool is_compressible(std::string_view content_type) noexcept {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  constexpr std::array<std::string_view, 7> exact{"application/json",
                                                  "application/x-ndjson",
                                                  "application/xml",
                                                  "application/javascript",
                                                  "application/wasm",
                                                  "image/svg+xml",
                                                  "application/openmetrics-text"};
  const auto is_type = [type](std::string_view other) { return equal_ignoring_case(type, other); };
  if (std::any_of(exact.begin(), exact.end(), is_type)) return true;
  if (type.size() > 5 && equal_ignoring_case(type.substr(0, 5), "text/")) {
    return !is_type("text/event-stream");  // each event must leave at once
  }
  return type.size() > 5 && (equal_ignoring_case(type.substr(type.size() - 5), "+json") ||
                             equal_ignoring_case(type.substr(type.size() - 4), "+xml"));
}

}  // namespace freshet::http
