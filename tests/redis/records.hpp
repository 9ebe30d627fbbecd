#pragma once
// Records as tests need them.

#include <string>
#include <utility>

#include "cache/redis/record.hpp"

namespace freshet::cache::test {

inline Record record_of(std::string key, std::string body) {
  Record record;
  record.key = std::move(key);
  record.stamp = "12:15:13";
  record.body = std::move(body);
  record.head_lines = "X-Cache: HIT\r\nCache-Control: no-cache\r\n";
  record.etag = EntityTag("e7a9");
  record.created = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  return record;
}

}  // namespace freshet::cache::test
