#include "api/row_stream.hpp"

#include <charconv>
#include <utility>

#include "core/text.hpp"

namespace freshet::api {
namespace {

struct Choice {
  std::string_view word;
  std::string_view type;
  RowFormat format;
};
constexpr std::array<Choice, 3> choices{{{"json", "application/json", RowFormat::json},
                                         {"ndjson", "application/x-ndjson", RowFormat::ndjson},
                                         {"csv", "text/csv", RowFormat::csv}}};

// The q of "text/csv;q=0.5": 0…1000; 1000 where none is given, 0 for nonsense.
int quality(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return 1000;
  const std::string_view text = parameters.substr(at + 2);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0 || value > 1) return 0;
  return static_cast<int>(value * 1000);
}

bool matches(std::string_view range, std::string_view type) {
  if (range == "*/*" || equal_ignoring_case(range, type)) return true;
  return range.ends_with("/*") && type.substr(0, type.find('/') + 1) == range.substr(0, range.size() - 1);
}

}  // namespace

std::optional<RowFormat> choose_row_format(std::string_view format_parameter, std::string_view accept) noexcept {
  for (const Choice& choice : choices) {
    if (format_parameter == choice.word) return choice.format;
  }
  if (!format_parameter.empty()) return std::nullopt;
  if (accept.empty()) return RowFormat::json;
  std::optional<RowFormat> best;
  int best_quality = 0;
  while (!accept.empty()) {
    const std::size_t comma = std::min(accept.find(','), accept.size());
    const std::string_view item = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    const int q = quality(item.substr(semicolon));
    for (const Choice& choice : choices) {
      if (q > best_quality && matches(trim(item.substr(0, semicolon)), choice.type)) {
        best = choice.format;
        best_quality = q;
      }
    }
  }
  return best;
}

bool accepts_json(std::string_view accept) noexcept {
  return accept.empty() || choose_row_format({}, accept) == RowFormat::json ||
         accept.find("application/*") != std::string_view::npos || accept.find("*/*") != std::string_view::npos ||
         accept.find("json") != std::string_view::npos;
}

std::string_view media_type(RowFormat format) noexcept {
  switch (format) {
    case RowFormat::json:
      return "application/json";
    case RowFormat::ndjson:
      return "application/x-ndjson";
    case RowFormat::csv:
      return "text/csv; charset=utf-8";
  }
  return "application/json";
}

RowStream::RowStream(const StatementPlan& plan, RowFormat format, ChunkPipe& pipe)
    : format_(format), pipe_(pipe), encoder_(plan.columns), chunk_(chunk_bytes + chunk_bytes / 8) {
  if (format_ == RowFormat::json) chunk_.push_back('[');
  if (format_ == RowFormat::csv) encoder_.append_csv_header(chunk_);
}

db::Pace* RowStream::pace() {
  paced_ = true;
  return this;
}

bool RowStream::push(Bytes chunk) { return paced_ ? pipe_.push_now(std::move(chunk)) : pipe_.push(std::move(chunk)); }

bool RowStream::row(Row row) {
  switch (format_) {
    case RowFormat::json:
      if (!first_) chunk_.push_back(',');
      encoder_.append_object(chunk_, row);
      break;
    case RowFormat::ndjson:
      encoder_.append_object(chunk_, row);
      chunk_.push_back('\n');
      break;
    case RowFormat::csv:
      encoder_.append_csv_row(chunk_, row);
      break;
  }
  first_ = false;
  if (chunk_.size() < chunk_bytes) return true;
  return push(std::exchange(chunk_, Bytes(chunk_bytes + chunk_bytes / 8)));
}

void RowStream::end() {
  if (format_ == RowFormat::json) chunk_.push_back(']');
  if (!chunk_.empty()) (void)push(std::move(chunk_));
}

}  // namespace freshet::api
