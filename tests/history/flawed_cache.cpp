#include "history/flawed_cache.hpp"

#include <sqlite3.h>

namespace freshet::history {

namespace {
constexpr Time a_while = 3'000'000;
}  // namespace

class FlawedCache::Talk final : public Conversation {
 public:
  explicit Talk(FlawedCache& cache) : cache_(cache), inner_(cache.inner_.open()) {}

  boost::asio::awaitable<Answered> ask(const Question& question) override {
    const std::int64_t before = cache_.version();
    if (find(question.target, before)) co_return Answered{.body = body_, .status = status_, .hit = true};
    const Time begun = now();
    const Answered answered = co_await inner_->ask(question);
    const std::int64_t version = cache_.flaw_ == Flaw::stamps_after_the_query ? cache_.version() : before;
    const std::lock_guard lock(cache_.mutex_);
    cache_.kept_[question.target] = {
        .body = std::string(answered.body), .status = answered.status, .version = version, .since = begun};
    co_return answered;
  }

  boost::asio::awaitable<unsigned> post(const std::string& target, const std::string& body) override {
    const unsigned status = co_await inner_->post(target, body);
    const std::lock_guard lock(cache_.mutex_);
    ++cache_.own_writes_;
    co_return status;
  }

 private:
  bool find(const std::string& target, std::int64_t version) {
    const std::lock_guard lock(cache_.mutex_);
    const auto found = cache_.kept_.find(target);
    if (found == cache_.kept_.end() || !cache_.valid(found->second, version)) return false;
    body_ = found->second.body;
    status_ = found->second.status;
    return true;
  }

  FlawedCache& cache_;
  const std::unique_ptr<Conversation> inner_;
  std::string body_;
  unsigned status_ = 0;
};

FlawedCache::FlawedCache(Asker& inner, Flaw flaw, const std::string& path)
    : inner_(inner),
      flaw_(flaw),
      handle_(open_sqlite(path)),
      data_version_(prepare(handle_.get(), "PRAGMA data_version")) {}

std::unique_ptr<Conversation> FlawedCache::open() { return std::make_unique<Talk>(*this); }

std::int64_t FlawedCache::version() {
  const std::lock_guard lock(mutex_);
  if (flaw_ == Flaw::sees_own_writes_only) return own_writes_;
  sqlite3_step(data_version_.get());
  const std::int64_t version = sqlite3_column_int64(data_version_.get(), 0);
  sqlite3_reset(data_version_.get());
  return version;
}

bool FlawedCache::valid(const Kept& kept, std::int64_t version) const {
  if (flaw_ == Flaw::keeps_for_a_while) return now() - kept.since < a_while;
  return kept.version == version;
}

}  // namespace freshet::history
