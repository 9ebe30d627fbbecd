#pragma once
// Sessions that ask questions, one after the other each, the popular ones most of the time.

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "history/asker.hpp"
#include "history/questions.hpp"
#include "history/tape.hpp"

namespace freshet::history {

/// Zipf's law over n ranks, the ranks dealt to questions at random.
class Popularity {
 public:
  Popularity(std::size_t questions, double exponent, std::uint64_t seed);
  [[nodiscard]] QuestionId draw(std::mt19937_64& random) const;

 private:
  std::vector<double> sums_;
  std::vector<QuestionId> by_rank_;
};

struct ReaderOptions {
  unsigned threads = 2;
  unsigned sessions = 8;        // of each thread
  std::uint64_t reads_max = 0;  // of all together; 0: until stop()
  double exponent = 1.0;
  std::uint64_t seed = 1;
};

struct ReaderFigures {
  std::uint64_t answers = 0, hits = 0, failures = 0, unanswered = 0;
};

class Readers {
 public:
  Readers(Asker& asker, const Questions& questions, ReaderOptions options);
  ~Readers();
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  [[nodiscard]] std::vector<Tape*> tapes();
  void start();
  /// True once reads_max are done.
  [[nodiscard]] bool done() const noexcept { return running_ == 0; }
  void stop();
  /// Asks every question once more, and whatever was asked meanwhile is on the tapes. After stop().
  void ask_everything();
  [[nodiscard]] ReaderFigures figures() const;

 private:
  struct Thread;
  [[nodiscard]] boost::asio::awaitable<void> session(Thread& thread, SessionId id);
  [[nodiscard]] boost::asio::awaitable<void> ask_each(Thread& thread);
  [[nodiscard]] boost::asio::awaitable<void> ask(Thread& thread, Conversation& conversation, QuestionId question,
                                                 SessionId id);

  Asker& asker_;
  const Questions& questions_;
  const ReaderOptions options_;
  const Popularity popularity_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<unsigned> running_{0};
};

}  // namespace freshet::history
