#include "http/problem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Problem, has_the_members_of_rfc_9457_and_the_field_list) {
  const Response response = problem(Error(ErrorKind::unprocessable, "one parameter is wrong")
                                        .with_field({"month", "query", "pattern", "must be a month like 2025-01"}),
                                    "abc");
  EXPECT_EQ(response.status, 422U);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(view(response.body),
            R"({"type":"/problems/unprocessable","title":"Unprocessable Content","status":422,)"
            R"("detail":"one parameter is wrong","instance":"urn:request:abc","errors":[{"field":"month","in":"query",)"
            R"("code":"pattern","message":"must be a month like 2025-01"}]})");
}

TEST(Problem, never_tells_the_world_what_is_for_the_log) {
  const Error internal = Error(ErrorKind::internal, "secret message")
                             .detailing("secret detail")
                             .hinting("secret hint")
                             .at({"secret.sql", 3, 4});
  EXPECT_THAT(std::string(view(problem(internal, "id").body)), Not(HasSubstr("secret")));
  const Error conflict = Error(ErrorKind::conflict, "exists already").detailing("secret").at({"secret.sql", 3, 4});
  const Response response = problem(conflict, "id");
  EXPECT_THAT(std::string(view(response.body)), Not(HasSubstr("secret")));
  EXPECT_THAT(std::string(view(response.body)), HasSubstr("exists already"));
}

TEST(Problem, says_when_to_try_again) {
  const Response response = problem(Error(ErrorKind::unavailable, "busy").retry_after(7), "");
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>("Retry-After", "7")));
}

TEST(Problem, every_kind_has_an_error_status) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::config); ++kind) {
    const unsigned status = status_of(static_cast<ErrorKind>(kind));
    EXPECT_GE(status, 400U);
    EXPECT_NE(reason_phrase(status), "Unknown");
  }
}

}  // namespace
}  // namespace freshet::http
