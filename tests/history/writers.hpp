#pragma once
// Programs that write: each kind in its own way and at its own pace, all at the same time.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "db/database.hpp"

#include "history/asker.hpp"
#include "history/ledger.hpp"
#include "history/world.hpp"

namespace freshet::history {

/// Runs one transaction and tells how it ended. Not thread-safe.
class Writer {
 public:
  virtual ~Writer() = default;
  [[nodiscard]] virtual Op next(Scribe& scribe, OpId id) { return scribe.script(id); }
  struct End {
    Outcome outcome = Outcome::aborted;
    CommitTimes times;
  };
  [[nodiscard]] virtual End run(const Op& op) = 0;
};
using WriterMaker = std::function<std::unique_ptr<Writer>()>;

/// A process that lives on; killed now and then, by chance of one in `kill_every` (0: never).
[[nodiscard]] std::unique_ptr<Writer> process_writer(std::vector<std::string> command, unsigned kill_every);
/// A process for each transaction: SQLite's own shell.
[[nodiscard]] std::unique_ptr<Writer> shell_writer(std::string path);
/// Within this process, through Freshet's database.
[[nodiscard]] std::unique_ptr<Writer> database_writer(db::Database& database);
/// Through the endpoints of the app.
[[nodiscard]] std::unique_ptr<Writer> endpoint_writer(Asker& asker, const std::vector<EndpointFile>& endpoints);

struct WriterPace {
  WriterMaker make;
  double per_second = 10;
};

class Writers {
 public:
  Writers(Ledger& ledger, const WorldSize& size, std::uint64_t seed, std::vector<WriterPace> paces);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  void start();
  void stop();
  /// Between transactions, until resume(). Returns when none is under way.
  void pause();
  void resume();
  /// Rows of the audit table up to here may go.
  void may_forget(std::int64_t sequence) noexcept { forget_to_ = sequence; }
  /// What a writer threw, or empty. After stop().
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  void write(const WriterPace& pace, std::uint64_t seed);
  void write_once(Writer& writer, Scribe& scribe);

  Ledger& ledger_;
  const WorldSize size_;
  const std::uint64_t seed_;
  const std::vector<WriterPace> paces_;
  std::atomic<std::int64_t> forget_to_{0};
  std::atomic<bool> stopping_{false}, paused_{false};
  std::atomic<int> writing_{0};
  std::mutex mutex_;
  std::string trouble_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace freshet::history
