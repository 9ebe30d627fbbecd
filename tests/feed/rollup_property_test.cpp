// The property of a rollup: after every statement, whoever wrote it and however it ended, it equals its source.
// FRESHET_ROLLUP_WORLDS asks for more worlds, FRESHET_ROLLUP_SEED for others.

#include <array>
#include <cstdlib>

#include "db/support.hpp"

#include "rollup_world.hpp"

namespace freshet::feed::test {
namespace {

using db::test::TemporaryFolder;

std::uint64_t setting(const char* name, std::uint64_t fallback) {
  const char* const text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

class World {
 public:
  explicit World(std::uint64_t seed) : draw_(seed), table_(draw_) {
    connection_ = db::open_connection({.url = "sqlite::memory:"});
    connection_->execute(table_.script);
    execute("PRAGMA foreign_keys = " + std::string(draw_.of({"ON", "ON", "OFF"})));
    if (draw_.one_in(2)) {  // rows from before
      for (int i = 0; i < 15; ++i) execute(random_write(draw_, table_));
    }
    definition_ = random_definition(draw_, table_);
    rollup_ = std::make_unique<Rollup>(definition_, read_rollup_source(*connection_, definition_));
    connection_->execute(install_script(*rollup_));
  }

  // Runs it; it may fail.
  void execute(const std::string& sql) {
    said_.push_back(sql);
    try {
      connection_->execute(sql);
      ++succeeded_;
    } catch (const Error& error) {
      ++failed_;
      said_.push_back(fmt::format("-- {}", error.message()));
    }
  }

  // Writes go on while the rows from before are counted.
  bool fill() {
    try {
      while (!fill_rollup(*connection_, *rollup_, false, 3, [](auto, auto) { return false; })) {
        execute(random_write(draw_, table_));
      }
    } catch (const Error& error) {
      return false;  // a value that cannot be summed up
    }
    return rollup_state(*connection_, *rollup_) == RollupState::complete;
  }

  void write_and_compare() {
    for (int i = 0; i < 40; ++i) {
      if (draw_.one_in(12)) execute(draw_.of({"PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers = OFF"}));
      if (draw_.one_in(10)) {
        execute("SAVEPOINT s");
        execute(random_write(draw_, table_));
        execute(random_write(draw_, table_));
        execute(draw_.of({"ROLLBACK TO s", "RELEASE s"}));
        execute("RELEASE s");
      }
      execute(random_write(draw_, table_));
      ++compared_;
      groups_ += std::stoi(connection_->scalar("SELECT count(*) FROM r"));
      const auto differences = rollup_differences(*connection_, *rollup_, 3);
      if (differences.empty()) continue;
      ADD_FAILURE() << report(differences);
      return;
    }
  }

  [[nodiscard]] std::string report(const std::vector<RollupDifference>& differences) const {
    std::string out = table_.script + "\n-- " + canonical_text(definition_) + "\n";
    for (const std::string& sql : said_) out += sql + ";\n";
    for (const RollupDifference& one : differences) {
      out += fmt::format("group {}: is {}, should be {}\n", fmt::join(one.group, ", "), fmt::join(one.is, ", "),
                         fmt::join(one.should_be, ", "));
    }
    return out;
  }
  // States that were compared, writes that were done or failed, groups that the rollup had.
  void add_to(std::array<int, 4>& totals) const {
    totals[0] += compared_;
    totals[1] += succeeded_;
    totals[2] += failed_;
    totals[3] += groups_;
  }

 private:
  Draw draw_;
  RandomTable table_;
  std::unique_ptr<db::Connection> connection_;
  sql::RollupDefinition definition_;
  std::unique_ptr<Rollup> rollup_;
  std::vector<std::string> said_;
  int compared_ = 0, succeeded_ = 0, failed_ = 0, groups_ = 0;
};

TEST(rollup_property, equals_its_source_after_every_statement) {
  const std::uint64_t worlds = setting("FRESHET_ROLLUP_WORLDS", 150);
  const std::uint64_t first = setting("FRESHET_ROLLUP_SEED", 1);
  std::array<int, 4> totals{};
  std::uint64_t refused = 0;
  for (std::uint64_t seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE(fmt::format("FRESHET_ROLLUP_SEED={}", seed));
    World world(seed);
    if (!world.fill()) {
      ++refused;
      continue;
    }
    world.write_and_compare();
    world.add_to(totals);
    if (HasFailure()) return;
  }
  EXPECT_LT(refused, worlds / 4);
  EXPECT_GT(totals[1], 2 * totals[2]) << "most writes should be done";
  EXPECT_GT(totals[3], totals[0]) << "a rollup without groups proves nothing";
  fmt::print("{} states compared; writes: {} done, {} failed; {} groups seen; {} worlds refused\n", totals[0],
             totals[1], totals[2], totals[3], refused);
}

}  // namespace
}  // namespace freshet::feed::test
