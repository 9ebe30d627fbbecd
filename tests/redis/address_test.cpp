#include "db/redis/address.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace freshet::db::redis {
namespace {

TEST(RedisAddressTest, a_url_names_host_port_user_password_and_database) {
  const Address address = parse_address("redis://us%40er:p%3Ass@cache.example:6380/3");
  EXPECT_EQ(address.host, "cache.example");
  EXPECT_EQ(address.port, 6380);
  EXPECT_EQ(address.user, "us@er");
  EXPECT_EQ(address.password, "p:ss");
  EXPECT_EQ(address.database, 3U);
  EXPECT_FALSE(address.tls);
  EXPECT_EQ(address.text(), "redis://cache.example:6380/3");
}

TEST(RedisAddressTest, what_is_left_out_is_as_usual) {
  const Address address = parse_address("redis://localhost");
  EXPECT_EQ(address.port, 6379);
  EXPECT_EQ(address.database, 0U);
  EXPECT_TRUE(address.user.empty());
  EXPECT_EQ(parse_address("redis://:secret@localhost").password, "secret");
  EXPECT_EQ(parse_address("redis://localhost/"), address);
  EXPECT_TRUE(parse_address("rediss://localhost").tls);
  EXPECT_EQ(parse_address("redis://[::1]:7000").host, "::1");
  EXPECT_EQ(parse_address("redis://[::1]:7000").text(), "redis://[::1]:7000/0");
}

TEST(RedisAddressTest, a_unix_socket_is_a_path) {
  for (const char* url : {"unix:///run/redis.sock?db=2", "unix:/run/redis.sock?db=2"}) {
    const Address address = parse_address(url);
    EXPECT_EQ(address.socket_path, "/run/redis.sock");
    EXPECT_EQ(address.database, 2U);
  }
}

TEST(RedisAddressTest, a_url_that_cannot_be_used_is_refused_without_repeating_its_password) {
  for (const char* url : {"", "localhost:6379", "http://:secret@localhost", "redis://:secret@host/x",
                          "redis://:secret@host:0", "redis://:secret@host/?timeout=1", "redis://:se cret@host",
                          "unix://host/run/redis.sock", "unix:", "redis://:secret@host:99999999"}) {
    try {
      static_cast<void>(parse_address(url));
      ADD_FAILURE() << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::config);
      EXPECT_EQ(error.message().find("secret"), std::string::npos) << error.message();
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

}  // namespace
}  // namespace freshet::db::redis
