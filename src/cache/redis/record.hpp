#pragma once
// An answer on its way between processes: a fact, "of the state of the database that `stamp` names, this was the answer
// to the question `key`", which nothing that happens later makes wrong. Whether it still is the answer now, only the
// reader's change feed can say (README.md).

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/coding.hpp"
#include "core/entity_tag.hpp"

namespace freshet::cache {

struct Record {
  std::string key;         // of the question, whole: its place in Redis may be a digest of it
  std::string stamp;       // bytes that the feed wrote and the feed judges
  std::string body;        // identity
  std::string head_lines;  // as in Entry
  EntityTag etag;
  std::uint16_t status = 200;
  std::chrono::system_clock::time_point created;  // by the clock of who made it: for people, not for validity
  std::vector<std::pair<Coding, std::string>> encoded_bodies;  // in further codings, where somebody had them made

  friend bool operator==(const Record&, const Record&) = default;
};

}  // namespace freshet::cache
