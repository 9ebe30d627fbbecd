#include "history/readers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "history/model.hpp"

namespace freshet::history {
namespace {

namespace asio = boost::asio;

constexpr int turn_reads = 32;  // of a session before the others of its thread have theirs
constexpr std::size_t waiting_max = 256;
constexpr SessionId last_session = 1'000'000;  // of ask_everything()

}  // namespace

Popularity::Popularity(std::size_t questions, double exponent, std::uint64_t seed)
    : sums_(questions), by_rank_(questions) {
  double sum = 0;
  for (std::size_t rank = 0; rank < questions; ++rank) {
    sum += 1 / std::pow(static_cast<double>(rank + 1), exponent);
    sums_[rank] = sum;
  }
  std::iota(by_rank_.begin(), by_rank_.end(), QuestionId{0});
  std::mt19937_64 random(seed);
  std::ranges::shuffle(by_rank_, random);
}

QuestionId Popularity::draw(std::mt19937_64& random) const {
  const double at = static_cast<double>(random() >> 11U) * 0x1p-53 * sums_.back();
  const auto rank = static_cast<std::size_t>(std::ranges::upper_bound(sums_, at) - sums_.begin());
  return by_rank_[std::min(rank, by_rank_.size() - 1)];
}

struct Readers::Thread {
  asio::io_context io{1};
  Tape tape;
  std::mt19937_64 random;
  std::uint64_t reads_left = 0;
  SessionId first_session = 0;
  std::atomic<std::uint64_t> answers{0}, hits{0}, failures{0}, unanswered{0};
  std::thread runs;
};

Readers::Readers(Asker& asker, const Questions& questions, ReaderOptions options)
    : asker_(asker),
      questions_(questions),
      options_(options),
      popularity_(questions.size(), options.exponent, options.seed) {
  for (unsigned i = 0; i < options.threads; ++i) {
    auto thread = std::make_unique<Thread>();
    thread->random.seed(options.seed * 1000 + i);
    thread->first_session = i * options.sessions;
    thread->reads_left =
        options.reads_max == 0 ? std::numeric_limits<std::uint64_t>::max() : options.reads_max / options.threads;
    threads_.push_back(std::move(thread));
  }
}

Readers::~Readers() { stop(); }

std::vector<Tape*> Readers::tapes() {
  std::vector<Tape*> tapes;
  for (const auto& thread : threads_) tapes.push_back(&thread->tape);
  return tapes;
}

void Readers::start() {
  running_ = static_cast<unsigned>(threads_.size());
  for (const auto& thread : threads_) {
    for (unsigned i = 0; i < options_.sessions; ++i) {
      asio::co_spawn(thread->io, session(*thread, thread->first_session + i), asio::detached);
    }
    thread->runs = std::thread([this, own = thread.get()] {
      own->io.run();
      own->tape.hand_over();
      --running_;
    });
  }
}

void Readers::stop() {
  stopping_ = true;
  for (const auto& thread : threads_) {
    if (thread->runs.joinable()) thread->runs.join();
  }
}

asio::awaitable<void> Readers::session(Thread& thread, SessionId id) {
  std::unique_ptr<Conversation> conversation = asker_.open();
  while (!stopping_ && thread.reads_left > 0) {
    for (int i = 0; i < turn_reads && thread.reads_left > 0 && !stopping_; ++i) {
      --thread.reads_left;
      co_await ask(thread, *conversation, popularity_.draw(thread.random), id);
    }
    if (thread.tape.waiting() > waiting_max) {  // the referee has fallen behind
      asio::steady_timer timer(thread.io, std::chrono::milliseconds(5));
      co_await timer.async_wait(asio::use_awaitable);
    } else {
      co_await asio::post(thread.io, asio::use_awaitable);
    }
  }
}

asio::awaitable<void> Readers::ask(Thread& thread, Conversation& conversation, QuestionId question, SessionId id) {
  const Time begun = now();
  const Answered answered = co_await conversation.ask(questions_[question]);
  const Time ended = now();
  if (answered.status == 0) {
    thread.unanswered.fetch_add(1, std::memory_order_relaxed);
    co_return;
  }
  if (answered.status != 200 && answered.status != 404) {
    thread.failures.fetch_add(1, std::memory_order_relaxed);
    co_return;
  }
  thread.answers.fetch_add(1, std::memory_order_relaxed);
  if (answered.hit) thread.hits.fetch_add(1, std::memory_order_relaxed);
  const std::string_view body = answered.status == 404 ? std::string_view("404") : answered.body;
  thread.tape.add({.answer = digest_of(body), .begun = begun, .ended = ended, .question = question, .session = id},
                  body);
}

asio::awaitable<void> Readers::ask_each(Thread& thread) {
  std::unique_ptr<Conversation> conversation = asker_.open();
  for (QuestionId question = 0; question < questions_.size(); ++question) {
    co_await ask(thread, *conversation, question, last_session);
  }
}

void Readers::ask_everything() {
  Thread& thread = *threads_.front();
  thread.io.restart();
  asio::co_spawn(thread.io, ask_each(thread), asio::detached);
  thread.io.run();
  thread.tape.hand_over();
}

ReaderFigures Readers::figures() const {
  ReaderFigures sum;
  for (const auto& thread : threads_) {
    sum.answers += thread->answers;
    sum.hits += thread->hits;
    sum.failures += thread->failures;
    sum.unanswered += thread->unanswered;
  }
  return sum;
}

}  // namespace freshet::history
