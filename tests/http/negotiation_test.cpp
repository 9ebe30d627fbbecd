#include "http/negotiation.hpp"

#include <gtest/gtest.h>

namespace freshet::http {
namespace {

constexpr std::array<Coding, 3> all{Coding::br, Coding::zstd, Coding::gzip};

Coding choose(std::string_view field, std::span<const Coding> offered = all) {
  AcceptedCodings accepted;
  accepted.add(field);
  return accepted.choose(offered);
}

TEST(Negotiation, follows_weights_then_the_servers_order) {
  struct Case {
    std::string_view accept;
    Coding expected;
  };
  const std::array<Case, 22> cases{{{"", Coding::identity},
                                    {"gzip", Coding::gzip},
                                    {"gzip, deflate, br, zstd", Coding::br},
                                    {"gzip, zstd", Coding::zstd},
                                    {"br;q=0.5, gzip;q=0.8", Coding::gzip},
                                    {"br;q=0, *", Coding::zstd},
                                    {"*", Coding::br},
                                    {"*;q=0", Coding::identity},
                                    {"*;q=0, gzip", Coding::gzip},
                                    {"identity;q=0, gzip;q=0.001", Coding::gzip},
                                    {"identity;q=0", Coding::identity},
                                    {"identity, gzip;q=0.5", Coding::identity},
                                    {"identity, gzip", Coding::gzip},
                                    {"gzip;q=0", Coding::identity},
                                    {"GZIP ; Q=1.000", Coding::gzip},
                                    {"x-gzip", Coding::gzip},
                                    {"gzip;q=1.001", Coding::identity},
                                    {"gzip;q=high, br;q=0.1", Coding::br},
                                    {"gzip;level=9", Coding::identity},
                                    {" , ,gzip,, ", Coding::gzip},
                                    {"gzip;q=0, gzip", Coding::identity},
                                    {"deflate, compress", Coding::identity}}};
  for (const Case& c : cases) EXPECT_EQ(choose(c.accept), c.expected) << '`' << c.accept << '`';
}

TEST(Negotiation, offers_only_what_is_configured_in_its_order) {
  constexpr std::array<Coding, 2> own{Coding::gzip, Coding::br};
  EXPECT_EQ(choose("br, gzip, zstd", own), Coding::gzip);
  EXPECT_EQ(choose("zstd", own), Coding::identity);
  EXPECT_EQ(choose("gzip", {}), Coding::identity);
}

TEST(Negotiation, takes_several_lines_for_one_list) {
  AcceptedCodings accepted;
  accepted.add("gzip;q=0.5");
  accepted.add("zstd");
  EXPECT_EQ(accepted.choose(all), Coding::zstd);
}

TEST(Negotiation, a_weight_has_at_most_three_decimals_and_is_at_most_one) {
  EXPECT_EQ(weight_from("0"), 0);
  EXPECT_EQ(weight_from("1."), 1000);
  EXPECT_EQ(weight_from("0.25"), 250);
  EXPECT_EQ(weight_from("0.001"), 1);
  for (const std::string_view wrong : {"", "2", "1.1", "0.0001", ".5", "-1", "0,5", "0.a", "10"}) {
    EXPECT_EQ(weight_from(wrong), std::nullopt) << wrong;
  }
}

TEST(Negotiation, knows_what_gets_smaller) {
  for (const std::string_view type : {"application/json", "text/csv; charset=utf-8", "application/problem+json",
                                      "Application/X-NDJSON", "image/svg+xml", "text/html"}) {
    EXPECT_TRUE(is_compressible(type)) << type;
  }
  for (const std::string_view type : {"image/png", "application/octet-stream", "text/event-stream", "", "+json"}) {
    EXPECT_FALSE(is_compressible(type)) << type;
  }
}

}  // namespace
}  // namespace freshet::http
