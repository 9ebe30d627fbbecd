#pragma once
// The one error type of Freshet.
//
// An Error says what went wrong (kind), in words that a person can act on (message, hint), and, where there is a file
// behind it, at which line and column. It is thrown for faults, and returned in Expected<T> or collected in Diagnostics
// where failing is an ordinary outcome. The HTTP edge turns it into an RFC 9457 problem document
// (http/problem.hpp), the CLI edge into text and an exit code (cli/report.hpp): nowhere else are statuses or codes
// known.

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

namespace freshet {

/// What kind of thing went wrong; decides the HTTP status and the exit code.
enum class ErrorKind : std::uint8_t {
  bad_request,         // the request cannot be understood                      400
  unauthenticated,     // the caller is unknown                                 401
  forbidden,           // the caller is known and may not                       403
  not_found,           //                                                       404
  method_not_allowed,  //                                                       405
  not_acceptable,      // no representation that the caller accepts             406
  request_timeout,     // the request took too long to arrive                   408
  conflict,            // unique or foreign key violated, version changed       409
  payload_too_large,   //                                                       413
  uri_too_long,        //                                                       414
  unsupported_media,   // a content type we do not read                         415
  unprocessable,       // understood, but the values are refused                422
  too_many_requests,   //                                                       429
  headers_too_large,   //                                                       431
  cancelled,           // the caller went away; nobody reads the answer         499
  internal,            // a fault of ours                                       500
  unavailable,         // cannot serve now: database gone, draining, pool full  503
  timeout,             // the database took too long                            504
  usage,               // CLI: wrong arguments                                  exit 2
  config,              // freshet.toml, migrations or endpoints are wrong       exit 3
};

/// Name of a kind as it appears in problem documents, logs and metrics: "not-found", "unavailable", ...
[[nodiscard]] std::string_view to_string(ErrorKind kind) noexcept;

/// A place in a file of the app. Lines and columns count from 1; 0 means unknown. Columns count bytes.
struct SourcePlace {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// What is wrong with one field of a request.
struct FieldProblem {
  std::string field;    // "month", "items[3].amount_cents"
  std::string in;       // "path", "query", "body", "header"
  std::string code;     // "required", "type", "min", "max", "pattern", "enum", "unknown", "repeated", ...
  std::string message;  // "must be a month like 2025-01"
};

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message);
  /// Only what Expected<T>::error() gives where there is a value; nobody should see it.
  Error() : kind_(ErrorKind::internal) {}

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

  /// Where it was, and the line of text there, for the caret.
  [[nodiscard]] const std::optional<SourcePlace>& place() const noexcept { return place_; }
  [[nodiscard]] const std::string& source_line() const noexcept { return source_line_; }
  /// What to do about it ("did you mean `label`?").
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
  /// Detail for the log only; never sent to a client (SQL text, paths, driver messages).
  [[nodiscard]] const std::string& log_detail() const noexcept { return log_detail_; }
  [[nodiscard]] const std::vector<FieldProblem>& fields() const noexcept { return fields_; }
  /// Seconds after which trying again makes sense; 0: not said.
  [[nodiscard]] unsigned retry_after_s() const noexcept { return retry_after_s_; }

  // Builders, to be used as `throw Error(kind, "...").at(place).hinting("...")`.
  Error& at(SourcePlace place) &;
  Error&& at(SourcePlace place) &&;
  Error&& with_source_line(std::string line) &&;
  Error&& hinting(std::string hint) &&;
  Error&& detailing(std::string log_detail) &&;
  Error&& with_field(FieldProblem field) &&;
  Error&& with_fields(std::vector<FieldProblem> fields) &&;
  Error&& retry_after(unsigned seconds) &&;

 private:
  ErrorKind kind_;
  std::string message_;
  std::optional<SourcePlace> place_;
  std::string source_line_;
  std::string hint_;
  std::string log_detail_;
  std::vector<FieldProblem> fields_;
  unsigned retry_after_s_ = 0;
};

/// A value, or why there is none. `.value()` throws the Error.
template <class T>
using Expected = boost::system::result<T, Error>;

/// Errors collected while going on, so that one run of `freshet check` shows all of them.
using Diagnostics = std::vector<Error>;

/// Builds an Error of kind config at byte `offset` of `text`, with line, column and the source line filled in.
[[nodiscard]] Error error_at(std::string_view file, std::string_view text, std::size_t offset, std::string message);

/// Line, column of byte `offset` in `text` (file left empty), and that line without its line break.
struct PlaceInText {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::string_view line_text;
};
[[nodiscard]] PlaceInText place_in_text(std::string_view text, std::size_t offset) noexcept;

/// Required by Expected<T>::value().
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

}  // namespace freshet
