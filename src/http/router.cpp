#include "http/router.hpp"

#include <algorithm>
#include <optional>

#include "core/text.hpp"

namespace freshet::http {
namespace {

// Takes the first segment off `rest`, which begins with '/'. "/a/" has two: "a" and "".
std::string_view take_segment(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find('/', 1), rest.size());
  const std::string_view segment = rest.substr(1, end - 1);
  rest.remove_prefix(end);
  return segment;
}

bool is_parameter(std::string_view segment) noexcept {
  return segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}');
}

Error bad_pattern(std::string_view pattern, std::string_view why) {
  return Error(ErrorKind::config, "route pattern `" + std::string(pattern) + "` " + std::string(why));
}

void check_segment(std::string_view segment, std::string_view pattern, bool last) {
  if (segment.empty() && !last) throw bad_pattern(pattern, "has an empty segment");
  if (is_parameter(segment)) segment = segment.substr(1, segment.size() - 2);
  if (segment.find_first_of("{}") != std::string_view::npos) {
    throw bad_pattern(pattern, "has a brace within a segment; a parameter is a whole segment: {name}");
  }
}

bool by_name(const std::pair<std::string, std::uint32_t>& entry, std::string_view name) noexcept {
  return entry.first < name;
}

}  // namespace

void Router::add(Method method, std::string_view pattern, std::uint32_t index) {
  if (!pattern.starts_with('/')) throw bad_pattern(pattern, "must begin with a slash");
  std::uint32_t at = 0;
  for (std::string_view rest = pattern; !rest.empty();) at = child(at, take_segment(rest), pattern);
  Node& node = nodes_[at];
  for (const auto& [known, unused] : node.methods) {
    if (known != method) continue;
    throw Error(ErrorKind::config, "route `" + std::string(to_string(method)) + " " + std::string(pattern) +
                                       "` exists already, as `" + patterns_[node.pattern] + "`");
  }
  if (node.methods.empty()) {
    node.pattern = static_cast<std::uint32_t>(patterns_.size());
    patterns_.emplace_back(pattern);
  }
  node.methods.emplace_back(method, index);
}

std::uint32_t Router::child(std::uint32_t at, std::string_view segment, std::string_view pattern) {
  const bool last = pattern.data() + pattern.size() == segment.data() + segment.size();
  check_segment(segment, pattern, last);
  const auto fresh = static_cast<std::uint32_t>(nodes_.size());
  if (is_parameter(segment)) {
    if (nodes_[at].parameter < 0) {
      nodes_[at].parameter = static_cast<std::int32_t>(fresh);
      nodes_.emplace_back();
    }
    return static_cast<std::uint32_t>(nodes_[at].parameter);
  }
  auto& literals = nodes_[at].literals;
  const auto found = std::lower_bound(literals.begin(), literals.end(), segment, by_name);
  if (found != literals.end() && found->first == segment) return found->second;
  literals.emplace(found, segment, fresh);
  nodes_.emplace_back();
  return fresh;
}

const std::uint32_t* Router::literal(const Node& node, std::string_view raw) const {
  const auto find = [&node](std::string_view name) -> const std::uint32_t* {
    const auto found = std::lower_bound(node.literals.begin(), node.literals.end(), name, by_name);
    return found != node.literals.end() && found->first == name ? &found->second : nullptr;
  };
  if (const std::uint32_t* as_sent = find(raw)) return as_sent;
  if (raw.find('%') == std::string_view::npos) return nullptr;
  const std::optional<std::string> decoded = percent_decode(raw, false);
  return decoded ? find(*decoded) : nullptr;
}

template <class Visit>
bool Router::walk(std::uint32_t at, std::string_view rest, std::vector<std::string_view>& values, Visit&& visit) const {
  const Node& node = nodes_[at];
  if (rest.empty()) return !node.methods.empty() && visit(node);
  const std::string_view segment = take_segment(rest);
  if (const std::uint32_t* next = literal(node, segment)) {
    if (walk(*next, rest, values, visit)) return true;
  }
  if (node.parameter < 0 || segment.empty()) return false;
  values.push_back(segment);
  if (walk(static_cast<std::uint32_t>(node.parameter), rest, values, visit)) return true;
  values.pop_back();
  return false;
}

Router::Match Router::match(Method method, std::string_view raw_path, std::vector<std::string_view>& values) const {
  Match match;
  values.clear();
  if (!raw_path.starts_with('/')) return match;
  // A literal route without the method gives way to a parameter route that has it: the path exists either way.
  walk(0, raw_path, values, [&](const Node& node) {
    match.path_found = true;
    const auto served_by = [&](Method wanted) {
      const auto found = std::find_if(node.methods.begin(), node.methods.end(),
                                      [wanted](const auto& entry) { return entry.first == wanted; });
      if (found == node.methods.end()) return false;
      match.index = found->second;
      return match.method_found = true;
    };
    return served_by(method) || (method == Method::head && served_by(Method::get));
  });
  return match;
}

std::string Router::allowed(std::string_view raw_path) const {
  if (!raw_path.starts_with('/')) return {};
  unsigned found = 0;  // one bit a method
  std::vector<std::string_view> values;
  walk(0, raw_path, values, [&found](const Node& node) {
    for (const auto& [method, unused] : node.methods) found |= 1U << static_cast<unsigned>(method);
    return false;
  });
  if (found == 0) return {};
  constexpr auto bit = [](Method method) { return 1U << static_cast<unsigned>(method); };
  if ((found & bit(Method::get)) != 0) found |= bit(Method::head);
  found |= bit(Method::options);
  std::string text;
  for (unsigned i = 0; i < static_cast<unsigned>(Method::other); ++i) {
    if ((found & (1U << i)) == 0) continue;
    if (!text.empty()) text += ", ";
    text += to_string(static_cast<Method>(i));
  }
  return text;
}

std::vector<std::string> Router::near(std::string_view path, std::size_t count) const {
  const std::size_t limit = std::max<std::size_t>(3, path.size() / 3);
  std::vector<std::pair<std::size_t, std::size_t>> ranked;  // distance, pattern
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    const std::size_t distance = edit_distance(path, patterns_[i], limit);
    if (distance <= limit) ranked.emplace_back(distance, i);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i) names.push_back(patterns_[ranked[i].second]);
  return names;
}

}  // namespace freshet::http
