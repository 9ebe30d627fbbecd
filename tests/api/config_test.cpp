#include "api/config.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

namespace freshet::api {
namespace {

class FixedEnvironment : public Environment {
 public:
  std::map<std::string, std::string> values;
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const override {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  }
};

class AppConfigFile : public ::testing::Test {
 protected:
  AppConfigFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-config-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder = pattern;
  }
  ~AppConfigFile() override { std::filesystem::remove_all(folder); }

  AppConfig read(std::string_view toml) {
    std::ofstream(folder / "freshet.toml") << toml;
    Diagnostics found;
    AppConfig config = read_app_config(folder, overrides, environment, found);
    problems.clear();
    for (const Error& problem : found) {
      problems.push_back(std::to_string(problem.place().value_or(SourcePlace{}).line) + ": " + problem.message() +
                         (problem.hint().empty() ? "" : " | " + problem.hint()));
    }
    return config;
  }
  using Problems = std::vector<std::string>;

  std::filesystem::path folder;
  FixedEnvironment environment;
  ConfigOverrides overrides;
  Problems problems;
};

TEST_F(AppConfigFile, an_empty_file_is_an_app_with_an_embedded_database) {
  const AppConfig config = read("");
  EXPECT_EQ(problems, Problems{});
  EXPECT_EQ(config.database.url, "sqlite:" + (folder / "data" / (config.name + ".db")).string());
  EXPECT_EQ(config.server.port, 8080);
}

TEST_F(AppConfigFile, every_mistake_is_found_with_its_line) {
  (void)read(
      "nmae = 'x'\n[server]\nport = 70000\nidle_timeout = 'soon'\n[database.pool]\nsiez = 3\n[log]\nlevel = 'loud'\n");
  EXPECT_EQ(problems, (Problems{"6: unknown setting `database.pool.siez` | did you mean `size`?",
                                "3: `server.port` must be a whole number from 0 to 65535",
                                "4: `server.idle_timeout` must be a duration above 0 and up to a year, like \"250ms\", "
                                "\"10s\", \"5m\" or \"1h\"",
                                "8: `log.level` must be one of debug, info, warning, error, off",
                                "1: unknown setting `nmae` | did you mean `name`?"}));
}

TEST_F(AppConfigFile, a_size_beyond_its_bounds_is_a_mistake_and_not_silently_another) {
  (void)read(
      "[server]\nbody_max = 255\nheader_max = '2GB'\ntarget_max = 256\n[database]\nmmap = 0\ncache = '9 lives'\n");
  EXPECT_EQ(problems, (Problems{"7: `database.cache` must be a size from 0 to 1024GB, like \"64KB\" or \"1MB\"",
                                "3: `server.header_max` must be a size from 256 to 1GB, like \"64KB\" or \"1MB\"",
                                "2: `server.body_max` must be a size from 256 to 1GB, like \"64KB\" or \"1MB\""}));
}

TEST_F(AppConfigFile, the_cache_has_limits_for_all_and_for_single_routes) {
  const AppConfig config = read("[cache]\nmax = '1GB'\nbypass = true\nroutes.'/a/b' = '8MB'\n");
  EXPECT_EQ(problems, Problems{});
  EXPECT_TRUE(config.cache.enabled);
  EXPECT_TRUE(config.cache.bypass);
  EXPECT_EQ(config.cache.bytes_max, std::size_t{1} << 30U);
  EXPECT_EQ(config.cache.route_bytes_max.at("/a/b"), std::size_t{8} << 20U);
}

TEST_F(AppConfigFile, a_time_that_leaves_none_and_one_that_never_ends_are_mistakes) {
  (void)read(
      "[server]\nrequest_timeout = 0\ndrain_timeout = 0\nheader_timeout = '400d'\nbody_timeout = 99999999999\n"
      "[database]\nstatement_timeout = '0ms'\n");
  ASSERT_EQ(problems.size(), 4U);
  for (const std::string& problem : problems) EXPECT_NE(problem.find("above 0 and up to a year"), std::string::npos);
  environment.values = {{"DB_QUERY_TIMEOUT", "0"}};
  (void)read("");
  EXPECT_EQ(problems, Problems{"0: the environment variable DB_QUERY_TIMEOUT must be a whole number from 1 to 86400"});
}

TEST_F(AppConfigFile, broken_toml_says_where) {
  (void)read("name = 'x'\n[server\n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems.front().starts_with("2: not valid TOML")) << problems.front();
}

TEST_F(AppConfigFile, variables_come_from_the_environment) {
  environment.values = {{"DB", "/srv/x.db"}, {"PORT", "9000"}};
  const AppConfig config =
      read("[database]\nurl = 'sqlite:${DB}'\n[server]\nport = '${PORT}'\nhost = '${HOST:-0.0.0.0}'\n");
  EXPECT_EQ(problems, Problems{});
  EXPECT_EQ(config.database.url, "sqlite:/srv/x.db");
  EXPECT_EQ(config.server.port, 9000);
  EXPECT_EQ(config.server.host, "0.0.0.0");
}

TEST_F(AppConfigFile, a_variable_that_is_not_set_is_a_mistake_unless_the_command_line_stands_in) {
  (void)read("[database]\nurl = '${SHOP_DB}'\n");
  EXPECT_EQ(problems,
            Problems{"2: the environment variable SHOP_DB is not set | set it, or give a fallback: ${SHOP_DB:-…}"});
  overrides.database_url = "sqlite:here.db";
  EXPECT_EQ(read("[database]\nurl = '${SHOP_DB}'\n").database.url, "sqlite:here.db");
  EXPECT_EQ(problems, Problems{});
}

TEST_F(AppConfigFile, a_variable_that_is_not_set_is_one_mistake_whatever_it_stands_for) {
  (void)read("[server]\nport = '${PORT}'\nbody_max = '${MAX}'\nidle_timeout = '${IDLE}'\n");
  EXPECT_EQ(problems.size(), 3U);
  for (const std::string& problem : problems) EXPECT_NE(problem.find("is not set"), std::string::npos) << problem;
}

TEST_F(AppConfigFile, a_database_is_a_file_below_the_app_however_it_is_written) {
  EXPECT_EQ(read("[database]\nurl = 'x.db'\n").database.url, "sqlite:" + (folder / "x.db").string());
  EXPECT_EQ(read("[database]\nurl = 'sqlite:y/../x.db'\n").database.url, "sqlite:" + (folder / "x.db").string());
  EXPECT_EQ(read("[database]\nurl = 'sqlite:///srv/x.db'\n").database.url, "sqlite:/srv/x.db");
  EXPECT_EQ(problems, Problems{});
  for (const char* url : {"", "sqlite:", "sqlite::memory:", "mysql://me@here/x"}) {
    (void)read(std::string("[database]\nurl = '") + url + "'\n");
    ASSERT_EQ(problems.size(), 1U) << url;
    EXPECT_TRUE(problems.front().starts_with("2: ")) << problems.front();
  }
  overrides.database_url = "mysql:x";
  (void)read("");
  EXPECT_EQ(problems.size(), 1U);
}

TEST_F(AppConfigFile, the_environment_wins_over_the_file_and_the_command_line_over_both) {
  environment.values = {{"DB_POOL_SIZE", "7"}, {"FRESHET_PORT", "9001"}, {"DB_QUERY_TIMEOUT", "5"}};
  overrides.port = 9002;
  const AppConfig config = read("[server]\nport = 9000\n[database.pool]\nsize = 3\n");
  EXPECT_EQ(config.database.pool_size, 7);
  EXPECT_EQ(config.database.statement_timeout, std::chrono::seconds(5));
  EXPECT_EQ(config.server.port, 9002);
  environment.values = {{"DB_POOL_SIZE", "many"}};
  (void)read("");
  EXPECT_EQ(problems, Problems{"0: the environment variable DB_POOL_SIZE must be a whole number from 0 to 1000"});
}

TEST_F(AppConfigFile, tells_how_answers_are_represented) {
  const http::ServerOptions usual = read("").server;
  EXPECT_TRUE(usual.compression.enabled);
  EXPECT_EQ(usual.compression.algorithms, (std::vector<Coding>{Coding::br, Coding::zstd, Coding::gzip}));
  const http::ServerOptions server = read(R"(
[server]
etag_max = 0
server_timing = true
[server.compression]
enabled = false
level = 9
min_bytes = "2KB"
algorithms = ["GZIP", "zstd"]
)")
                                         .server;
  EXPECT_EQ(problems, Problems{});
  EXPECT_EQ(server.etag_body_max, 0U);
  EXPECT_TRUE(server.server_timing);
  EXPECT_FALSE(server.compression.enabled);
  EXPECT_EQ(server.compression.level, 9);
  EXPECT_EQ(server.compression.min_bytes, 2048U);
  EXPECT_EQ(server.compression.algorithms, (std::vector<Coding>{Coding::gzip, Coding::zstd}));
}

TEST_F(AppConfigFile, mistakes_in_the_representation_of_answers_have_their_line) {
  (void)read(
      "[server]\netag_max = '2GB'\nserver_timing = 1\n[server.compression]\nlevel = 10\nmin_bytes = -1\n"
      "algorithms = [\n  'br', 'deflate']\nlevle = 1\n");
  EXPECT_EQ(problems, (Problems{"2: `server.etag_max` must be a size from 0 to 1GB, like \"64KB\" or \"1MB\"",
                                "3: `server.server_timing` must be true or false",
                                "5: `server.compression.level` must be a whole number from 1 to 9",
                                "6: `server.compression.min_bytes` must be a size from 0 to 1GB, like \"64KB\" or "
                                "\"1MB\"",
                                "7: `deflate` is none of br, zstd, gzip",
                                "9: unknown setting `server.compression.levle` | did you mean `level`?"}));
  struct Case {
    std::string_view algorithms, problem;
  };
  constexpr std::array<Case, 5> cases{
      {{"[]", "2: `server.compression.algorithms` names none | to compress nothing: enabled = false"},
       {"['br', 'identity']", "2: `identity` is none of br, zstd, gzip"},
       {"['gzip', 'br', 'x-gzip']", "2: `server.compression.algorithms` names `x-gzip` twice"},
       {"'br'", "2: `server.compression.algorithms` must be an array of strings"},
       {"['br', 1]", "2: `server.compression.algorithms` must be an array of strings"}}};
  for (const Case& c : cases) {
    (void)read("[server.compression]\nalgorithms = " + std::string(c.algorithms) + "\n");
    EXPECT_EQ(problems, Problems{std::string(c.problem)}) << c.algorithms;
  }
}

TEST_F(AppConfigFile, what_cannot_be_safe_is_refused) {
  (void)read("[server.cors]\norigins = ['*']\ncredentials = true\n[server.tls]\ncertificate = 'x.pem'\n");
  EXPECT_EQ(problems,
            (Problems{"5: TLS needs both `certificate` and `key`",
                      "3: `credentials` with the origin \"*\" would let every site act for its visitors | list the "
                      "origins that may"}));
}

TEST_F(AppConfigFile, a_folder_without_the_file_is_no_app) {
  Diagnostics found;
  (void)read_app_config(folder / "nowhere", {}, environment, found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().message(), "there is no folder " + (folder / "nowhere").string());
  EXPECT_TRUE(found.front().hint().starts_with("`freshet new ")) << found.front().hint();
  (void)read_app_config(folder, {}, environment, found);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.back().message(), folder.string() + " is no app: it has no freshet.toml");
}

}  // namespace
}  // namespace freshet::api
