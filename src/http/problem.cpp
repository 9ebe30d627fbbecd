#include "http/problem.hpp"

#include <string>

#include "core/json_writer.hpp"

namespace freshet::http {
namespace {

void write_fields(JsonWriter& json, const std::vector<FieldProblem>& fields) {
  json.key("errors");
  json.begin_array();
  for (const FieldProblem& field : fields) {
    json.begin_object();
    json.member("field", std::string_view(field.field));
    json.member("in", std::string_view(field.in));
    json.member("code", std::string_view(field.code));
    json.member("message", std::string_view(field.message));
    json.end_object();
  }
  json.end_array();
}

// The words of a fault of ours may come from a library or a driver: they are for the log.
std::string_view public_detail(const Error& error, unsigned status) noexcept {
  if (status == 500) return "the server failed to answer; its log has the cause under this request id";
  return error.message();
}

}  // namespace

unsigned status_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::bad_request:
      return 400;
    case ErrorKind::unauthenticated:
      return 401;
    case ErrorKind::forbidden:
      return 403;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::method_not_allowed:
      return 405;
    case ErrorKind::not_acceptable:
      return 406;
    case ErrorKind::request_timeout:
      return 408;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::payload_too_large:
      return 413;
    case ErrorKind::uri_too_long:
      return 414;
    case ErrorKind::unsupported_media:
      return 415;
    case ErrorKind::unprocessable:
      return 422;
    case ErrorKind::too_many_requests:
      return 429;
    case ErrorKind::headers_too_large:
      return 431;
    case ErrorKind::cancelled:
      return 499;
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::timeout:
      return 504;
    case ErrorKind::internal:
    case ErrorKind::usage:
    case ErrorKind::config:
      return 500;
  }
  return 500;
}

namespace {

// Everything but the field list and the closing brace.
void write_opening(JsonWriter& json, std::string_view type, unsigned status, std::string_view detail,
                   std::string_view request_id) {
  json.begin_object();
  json.member("type", type);
  json.member("title", reason_phrase(status));
  json.member("status", static_cast<std::int64_t>(status));
  json.member("detail", detail);
  if (!request_id.empty()) json.member("instance", std::string_view("urn:request:" + std::string(request_id)));
}

Response document(unsigned status, Bytes body) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = std::move(body);
  return response;
}

}  // namespace

Response problem(const Error& error, std::string_view request_id) {
  const unsigned status = status_of(error.kind());
  Bytes body(512);
  JsonWriter json(body);
  write_opening(json, "/problems/" + std::string(to_string(error.kind())), status, public_detail(error, status),
                request_id);
  if (!error.hint().empty() && status != 500) json.member("hint", std::string_view(error.hint()));
  if (!error.fields().empty()) write_fields(json, error.fields());
  json.end_object();
  Response response = document(status, std::move(body));
  if (error.retry_after_s() != 0) response.headers.emplace_back("Retry-After", std::to_string(error.retry_after_s()));
  return response;
}

Response problem(unsigned status, std::string_view detail, std::string_view request_id) {
  Bytes body(512);
  JsonWriter json(body);
  write_opening(json, "about:blank", status, detail, request_id);
  json.end_object();
  return document(status, std::move(body));
}

}  // namespace freshet::http
