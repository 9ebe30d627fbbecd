#pragma once
// A cache as it is often built, in front of any asker, with one flaw at a time: the checker must find each of them, and
// nothing where there is none.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "history/asker.hpp"
#include "history/record.hpp"
#include "history/sqlite.hpp"

namespace freshet::history {

enum class Flaw : std::uint8_t {
  none,                    // the version of the database is read before the query and compared at each lookup
  keeps_for_a_while,       // for some milliseconds, whatever is written
  stamps_after_the_query,  // what is written during the query is masked
  sees_own_writes_only,    // other programs write unseen
};

class FlawedCache final : public Asker {
 public:
  /// `path`: of the database that `inner` answers from.
  FlawedCache(Asker& inner, Flaw flaw, const std::string& path);
  [[nodiscard]] std::unique_ptr<Conversation> open() override;

 private:
  class Talk;
  struct Kept {
    std::string body;
    unsigned status = 200;
    std::int64_t version = 0;
    Time since = 0;
  };
  [[nodiscard]] std::int64_t version();
  [[nodiscard]] bool valid(const Kept& kept, std::int64_t version) const;

  Asker& inner_;
  const Flaw flaw_;
  std::mutex mutex_;  // of all below
  Handle handle_;
  Prepared data_version_;
  std::int64_t own_writes_ = 0;
  std::unordered_map<std::string, Kept> kept_;
};

}  // namespace freshet::history
