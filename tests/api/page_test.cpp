#include "api/page.hpp"

#include <gtest/gtest.h>

namespace freshet::api {
namespace {

TEST(Page, counts_pages) {
  const auto pages = [](std::int64_t total, std::int64_t size) {
    return PageFigures{.page = 1, .page_size = size, .total = total}.total_pages();
  };
  EXPECT_EQ(pages(0, 10), 0);
  EXPECT_EQ(pages(1, 10), 1);
  EXPECT_EQ(pages(10, 10), 1);
  EXPECT_EQ(pages(11, 10), 2);
}

TEST(Page, target_keeps_the_other_parameters_as_they_were_sent) {
  EXPECT_EQ(page_target("/t", "", 2), "/t?page=2");
  EXPECT_EQ(page_target("/t", "page=7", 2), "/t?page=2");
  EXPECT_EQ(page_target("/t", "a=1&page=7&b=x%20y", 2), "/t?a=1&b=x%20y&page=2");
  EXPECT_EQ(page_target("/t", "page_size=5&&", 2), "/t?page_size=5&page=2");
}

TEST(Page, middle_page_links_both_ways) {
  const PageFigures figures{.page = 2, .page_size = 10, .total = 25};
  Bytes out;
  append_envelope(out, R"({"id":1})", figures, "/t", "page=2");
  EXPECT_EQ(
      out.view(),
      R"({"items":[{"id":1}],"total":25,"page":2,"page_size":10,"total_pages":3,"has_next":true,"has_previous":true,)"
      R"("links":{"self":"/t?page=2","first":"/t?page=1","prev":"/t?page=1","next":"/t?page=3","last":"/t?page=3"}})");
  EXPECT_EQ(
      link_header(figures, "/t", "page=2"),
      "</t?page=2>; rel=\"self\", </t?page=1>; rel=\"first\", </t?page=1>; rel=\"prev\", </t?page=3>; rel=\"next\", "
      "</t?page=3>; rel=\"last\"");
}

TEST(Page, beyond_the_end_leads_back_to_the_last) {
  const PageFigures figures{.page = 9, .page_size = 10, .total = 25};
  EXPECT_FALSE(figures.has_next());
  EXPECT_NE(link_header(figures, "/t", "").find("</t?page=3>; rel=\"prev\""), std::string::npos);
}

TEST(Page, nothing_at_all_is_an_empty_first_page) {
  Bytes out;
  append_envelope(out, "", {.page = 1, .page_size = 10, .total = 0}, "/t", "");
  EXPECT_EQ(out.view(),
            R"({"items":[],"total":0,"page":1,"page_size":10,"total_pages":0,"has_next":false,"has_previous":false,)"
            R"("links":{"self":"/t?page=1","first":"/t?page=1","last":"/t?page=1"}})");
}

}  // namespace
}  // namespace freshet::api
