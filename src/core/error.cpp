#include "core/error.hpp"

#include <algorithm>
#include <utility>

namespace freshet {

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::bad_request:
      return "bad-request";
    case ErrorKind::unauthenticated:
      return "unauthenticated";
    case ErrorKind::forbidden:
      return "forbidden";
    case ErrorKind::not_found:
      return "not-found";
    case ErrorKind::method_not_allowed:
      return "method-not-allowed";
    case ErrorKind::not_acceptable:
      return "not-acceptable";
    case ErrorKind::request_timeout:
      return "request-timeout";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::payload_too_large:
      return "payload-too-large";
    case ErrorKind::uri_too_long:
      return "uri-too-long";
    case ErrorKind::unsupported_media:
      return "unsupported-media-type";
    case ErrorKind::unprocessable:
      return "unprocessable";
    case ErrorKind::too_many_requests:
      return "too-many-requests";
    case ErrorKind::headers_too_large:
      return "headers-too-large";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::config:
      return "config";
  }
  return "internal";
}

Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

Error& Error::at(SourcePlace place) & {
  place_ = std::move(place);
  return *this;
}
Error&& Error::at(SourcePlace place) && {
  place_ = std::move(place);
  return std::move(*this);
}
Error&& Error::with_source_line(std::string line) && {
  source_line_ = std::move(line);
  return std::move(*this);
}
Error&& Error::hinting(std::string hint) && {
  hint_ = std::move(hint);
  return std::move(*this);
}
Error&& Error::detailing(std::string log_detail) && {
  log_detail_ = std::move(log_detail);
  return std::move(*this);
}
Error&& Error::with_field(FieldProblem field) && {
  fields_.push_back(std::move(field));
  return std::move(*this);
}
Error&& Error::with_fields(std::vector<FieldProblem> fields) && {
  fields_ = std::move(fields);
  return std::move(*this);
}
Error&& Error::retry_after(unsigned seconds) && {
  retry_after_s_ = seconds;
  return std::move(*this);
}

PlaceInText place_in_text(std::string_view text, std::size_t offset) noexcept {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const std::size_t last_break = before.rfind('\n');
  const std::size_t line_start = last_break == std::string_view::npos ? 0 : last_break + 1;
  const std::size_t line_end = std::min(text.find('\n', offset), text.size());
  std::string_view line = text.substr(line_start, line_end - line_start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return {.line = static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n')),
          .column = static_cast<std::uint32_t>(offset - line_start + 1),
          .line_text = line};
}

Error error_at(std::string_view file, std::string_view text, std::size_t offset, std::string message) {
  const PlaceInText place = place_in_text(text, offset);
  return Error(ErrorKind::config, std::move(message))
      .at({.file = std::string(file), .line = place.line, .column = place.column})
      .with_source_line(std::string(place.line_text));
}

void throw_exception_from_error(const Error& error, const boost::source_location&) { throw Error(error); }

}  // namespace freshet
