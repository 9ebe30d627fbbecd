// Against a real server: what it answers, and what happens when it does not.
#include "db/redis/client.hpp"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "db/redis/subscriber.hpp"

#include "cutting_proxy.hpp"
#include "support.hpp"

namespace freshet::db::redis {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::options_for;

class RedisClientTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::RedisServer::installed()) GTEST_SKIP() << "redis-server is not installed: ./dev setup";
    server = std::make_unique<test::RedisServer>();
  }

  void connect() { connect(options_for(server->url())); }
  void connect(ClientOptions options) {
    client = std::make_unique<Client>(std::move(options), test::quiet());
    ASSERT_TRUE(eventually([&] { return client->available(); }));
  }
  Expected<Replies> ask(Request request) { return caller.run(client->ask(std::move(request))); }
  std::string get(std::string_view key) { return ask(Request("GET", key)).value().front().text; }

  std::unique_ptr<test::RedisServer> server;
  test::Caller caller;
  std::unique_ptr<Client> client;
};

TEST_F(RedisClientTest, what_is_put_is_what_is_got) {
  connect();
  const std::string binary("\0\r\n$5\r\n\xff", 9);
  EXPECT_TRUE(ask(Request("SET", "key", binary)).value().front().is_ok());
  EXPECT_EQ(get("key"), binary);
  EXPECT_TRUE(ask(Request("GET", "none")).value().front().is_nil());
}

TEST_F(RedisClientTest, several_commands_of_a_request_are_answered_together) {
  connect();
  Request request("SET", "n", 1);
  request.add("INCR", "n").add("NO-SUCH-COMMAND").add("GET", "n");
  const Replies replies = ask(request).value();
  ASSERT_EQ(replies.size(), 4U);
  EXPECT_EQ(replies[1].integer, 2);
  EXPECT_TRUE(replies[2].is_error());
  EXPECT_EQ(replies[3].text, "2");
}

TEST_F(RedisClientTest, many_at_once_each_get_their_own_answer) {
  connect();
  std::vector<std::unique_ptr<test::Caller>> threads;
  for (int i = 0; i < 4; ++i) threads.push_back(std::make_unique<test::Caller>());
  std::vector<std::future<Expected<Replies>>> answers;
  for (int i = 0; i < 2000; ++i) {
    answers.push_back(threads[static_cast<std::size_t>(i) % 4]->start(client->ask(Request("ECHO", i))));
  }
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(answers[static_cast<std::size_t>(i)].get().value().front().text, std::to_string(i));
  }
  EXPECT_EQ(client->figures().requests, 2000U);
  EXPECT_TRUE(eventually([&] { return client->figures().waiting == 0; }));
  EXPECT_EQ(client->figures().waiting_bytes, 0U);
}

TEST_F(RedisClientTest, large_values_pass_whole) {
  connect();
  const std::string large(5'000'000, 'x');
  EXPECT_TRUE(ask(Request("SET", "large", large)).value().front().is_ok());
  EXPECT_EQ(get("large"), large);
}

TEST_F(RedisClientTest, user_password_and_database_are_as_the_url_says) {
  server = std::make_unique<test::RedisServer>(std::vector<std::string>{
      "requirepass secret", "user ann on >pass ~* &* +@all", "user bob on >pass ~* &* +select +ping +get +set"});
  const std::string path = server->socket_path();
  connect(options_for("unix://:secret@" + path + "?db=3"));
  EXPECT_TRUE(ask(Request("SET", "where", "three")).value().front().is_ok());
  connect(options_for(fmt::format("redis://ann:pass@127.0.0.1:{}/3", server->port())));
  EXPECT_EQ(get("where"), "three");
  connect(options_for("unix://bob:pass@" + path + "?db=3"));  // who may not name connections
  EXPECT_EQ(get("where"), "three");
  EXPECT_TRUE(ask(Request("FLUSHALL")).value().front().is_error());
}

TEST_F(RedisClientTest, a_wrong_password_leaves_it_unavailable_and_tells_why_without_repeating_it) {
  server = std::make_unique<test::RedisServer>(std::vector<std::string>{"requirepass secret"});
  for (const std::string user : {":wrong@", ""}) {
    DialOptions options;
    options.address = parse_address("unix://" + user + server->socket_path());
    const Expected<std::unique_ptr<Transport>> refused = caller.run(dial(options));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find(user.empty() ? "NOAUTH" : "WRONGPASS"), std::string::npos);
    EXPECT_EQ(refused.error().message().find("wrong"), std::string::npos);
  }
}

TEST_F(RedisClientTest, over_tls_the_certificate_must_be_of_the_host_and_by_who_is_trusted) {
  const std::string folder = server->folder().string();
  for (const std::string name : {"ours", "other"}) {
    const std::string command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout {0}/{1}-key.pem -out {0}/{1}.pem 2>/dev/null",
        folder, name);
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  const std::uint16_t port = test::RedisServer::free_port();
  const test::RedisServer secure({fmt::format("tls-port {}", port), fmt::format("tls-cert-file {}/ours.pem", folder),
                                  fmt::format("tls-key-file {}/ours-key.pem", folder),
                                  fmt::format("tls-ca-cert-file {}/ours.pem", folder), "tls-auth-clients no"});
  ClientOptions options = options_for(fmt::format("rediss://localhost:{}", port));
  options.dial.ca_file = folder + "/ours.pem";
  connect(options);
  const std::string large(100'000, 'x');
  EXPECT_TRUE(ask(Request("SET", "large", large)).value().front().is_ok());
  EXPECT_EQ(get("large"), large);
  DialOptions wrong_host = options.dial;
  wrong_host.address.host = "127.0.0.1";
  EXPECT_FALSE(caller.run(dial(wrong_host)));
  DialOptions wrong_authority = options.dial;
  wrong_authority.ca_file = folder + "/other.pem";
  EXPECT_FALSE(caller.run(dial(wrong_authority)));
  DialOptions no_file = options.dial;
  no_file.ca_file = folder + "/none.pem";
  EXPECT_FALSE(caller.run(dial(no_file)));
}

TEST_F(RedisClientTest, without_a_server_nobody_waits) {
  client = std::make_unique<Client>(options_for("unix:///nowhere/redis.sock"), test::quiet());
  const Expected<Replies> answer = ask(Request("GET", "key"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::unavailable);
  EXPECT_FALSE(client->tell(Request("SET", "key", "value")));
  EXPECT_EQ(client->figures().not_asked, 2U);
}

TEST_F(RedisClientTest, a_server_that_is_killed_and_comes_back_is_used_again) {
  connect();
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(ask(Request("SET", "key", round)).value().front().is_ok());
    server->kill();
    EXPECT_TRUE(eventually([&] { return !client->available(); }));
    EXPECT_FALSE(ask(Request("GET", "key")));
    server->start();
    EXPECT_TRUE(eventually([&] { return client->available(); }));
    EXPECT_TRUE(ask(Request("GET", "key")).value().front().is_nil());
  }
  EXPECT_EQ(client->figures().reconnects, 5U);
}

TEST_F(RedisClientTest, who_waits_when_the_connection_is_lost_is_told) {
  connect();
  server->stop_the_world();
  std::future<Expected<Replies>> answer = caller.start(client->ask(Request("GET", "key"), 60'000ms));
  ASSERT_TRUE(eventually([&] { return client->figures().requests == 1; }));
  server->kill();
  const Expected<Replies> got = answer.get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind(), ErrorKind::unavailable);
}

TEST_F(RedisClientTest, a_frozen_server_costs_a_deadline_each_until_the_breaker_opens) {
  ClientOptions options = options_for(server->url());
  options.timeout = 30ms;
  options.breaker.failures_max = 3;
  connect(options);
  server->stop_the_world();
  for (int i = 0; i < 3; ++i) {
    const Expected<Replies> late = ask(Request("GET", "key"));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind(), ErrorKind::timeout);
  }
  ASSERT_TRUE(eventually([&] { return !client->available(); }));
  const Expected<Replies> refused = ask(Request("GET", "key"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(client->figures().timeouts, 3U);
  EXPECT_EQ(client->figures().breaker_opened, 1U);
  server->go_on();
  EXPECT_TRUE(eventually([&] { return client->available(); }));
  client->tell(Request("SET", "key", "value"));
  EXPECT_TRUE(eventually([&] { return server->command("GET key").find("value") != std::string::npos; }));
}

TEST_F(RedisClientTest, late_answers_are_not_taken_for_others) {
  ClientOptions options = options_for(server->url());
  options.breaker.failures_max = 1'000;
  options.link.silence_max = 60'000ms;
  connect(options);
  server->stop_the_world();
  EXPECT_FALSE(caller.run(client->ask(Request("ECHO", "one"), 1ms)));
  EXPECT_FALSE(caller.run(client->ask(Request("ECHO", "two"), 1ms)));
  std::future<Expected<Replies>> third = caller.start(client->ask(Request("ECHO", "three"), 60'000ms));
  ASSERT_TRUE(eventually([&] { return client->figures().requests == 3; }));
  server->go_on();
  EXPECT_EQ(third.get().value().front().text, "three");
}

TEST_F(RedisClientTest, a_connection_that_stays_silent_is_given_up) {
  ClientOptions options = options_for(server->url());
  options.link.silence_max = 50ms;
  options.dial.timeout = 50ms;
  connect(options);
  server->stop_the_world();
  EXPECT_FALSE(caller.run(client->ask(Request("GET", "key"), 60'000ms)));
  EXPECT_TRUE(eventually([&] { return client->figures().lost == 1 && !client->available(); }));
  server->go_on();
  EXPECT_TRUE(eventually([&] { return client->available(); }));
}

TEST_F(RedisClientTest, a_waiter_that_goes_away_is_forgotten_and_the_next_gets_its_own_answer) {
  ClientOptions options = options_for(server->url());
  options.link.silence_max = 60'000ms;
  connect(options);
  server->stop_the_world();
  boost::asio::cancellation_signal stop;
  std::promise<void> ended;
  boost::asio::co_spawn(
      caller.io(), client->ask(Request("ECHO", "gone"), 60'000ms),
      boost::asio::bind_cancellation_slot(
          stop.slot(), [&](const std::exception_ptr&, const Expected<Replies>&) { ended.set_value(); }));
  ASSERT_TRUE(eventually([&] { return client->figures().requests == 1; }));
  boost::asio::post(caller.io(), [&] { stop.emit(boost::asio::cancellation_type::terminal); });
  ended.get_future().wait();
  std::future<Expected<Replies>> next = caller.start(client->ask(Request("ECHO", "next"), 60'000ms));
  server->go_on();
  EXPECT_EQ(next.get().value().front().text, "next");
}

TEST_F(RedisClientTest, what_waits_is_bounded_in_number_and_bytes) {
  ClientOptions options = options_for(server->url());
  options.requests_max = 3;
  options.bytes_max = 100'000;
  options.link.silence_max = 60'000ms;
  connect(options);
  server->stop_the_world();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client->tell(Request("GET", i)));
  EXPECT_TRUE(client->tell(Request("SET", "large", std::string(200'000, 'x'))));
  EXPECT_FALSE(client->tell(Request("GET", "one too many")));
  EXPECT_EQ(client->figures().waiting, 3U);
  server->go_on();
  ASSERT_TRUE(eventually([&] { return client->figures().waiting == 0; }));
  server->stop_the_world();
  EXPECT_TRUE(client->tell(Request("SET", "large", std::string(200'000, 'x'))));
  EXPECT_FALSE(client->tell(Request("GET", "too many bytes")));
  EXPECT_EQ(client->figures().refused, 2U);
  server->go_on();
}

TEST_F(RedisClientTest, a_connection_cut_within_a_reply_at_any_byte_gives_an_error_or_the_whole_reply) {
  const std::string path = (server->folder() / "proxy.sock").string();
  test::CuttingProxy proxy(path, server->socket_path());
  connect(options_for("unix://" + path));
  const std::string value = "0123456789";
  EXPECT_TRUE(ask(Request("SET", "key", value)).value().front().is_ok());
  const std::size_t reply_size = std::string_view("$10\r\n0123456789\r\n").size();
  for (std::size_t bytes = 0; bytes < reply_size; ++bytes) {
    ASSERT_TRUE(eventually([&] { return client->available(); }));
    proxy.cut_after(bytes);
    EXPECT_FALSE(ask(Request("GET", "key"))) << bytes;
    ASSERT_TRUE(eventually([&] { return client->available(); }));
    EXPECT_EQ(get("key"), value);
  }
  EXPECT_EQ(proxy.cuts(), reply_size);
}

TEST_F(RedisClientTest, closing_tells_all_who_wait_and_refuses_who_comes_later) {
  connect();
  server->stop_the_world();
  std::vector<std::future<Expected<Replies>>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(caller.start(client->ask(Request("GET", i), 60'000ms)));
  ASSERT_TRUE(eventually([&] { return client->figures().waiting == 100; }));
  client->close();
  for (auto& answer : answers) EXPECT_FALSE(answer.get());
  EXPECT_FALSE(ask(Request("GET", "key")));
  EXPECT_FALSE(client->tell(Request("GET", "key")));
  client->close();
}

TEST_F(RedisClientTest, messages_arrive_and_go_on_arriving_after_a_restart) {
  connect();
  std::atomic<int> heard = 0;
  const Subscriber subscriber(*client, "news", [&](std::string_view message) {
    if (message == "something") ++heard;
  });
  ASSERT_TRUE(eventually([&] { return subscriber.listening(); }));
  EXPECT_EQ(ask(Request("PUBLISH", "news", "something")).value().front().integer, 1);
  ASSERT_TRUE(eventually([&] { return heard == 1; }));
  server->kill();
  ASSERT_TRUE(eventually([&] { return !subscriber.listening() && !client->available(); }));
  server->start();
  ASSERT_TRUE(eventually([&] { return subscriber.listening() && client->available(); }));
  EXPECT_TRUE(client->tell(Request("PUBLISH", "news", "something")));
  EXPECT_TRUE(eventually([&] { return heard == 2; }));
}

}  // namespace
}  // namespace freshet::db::redis
