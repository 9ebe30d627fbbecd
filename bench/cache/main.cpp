// Usage: bench_cache [ratios|price|invalidation|warming|memory [SECONDS]] [--smoke]
#include <cstdlib>
#include <string_view>
#include <vector>

#include "parts.hpp"

int main(int argc, char** argv) {
  using namespace freshet::bench;
  bool smoke = false;
  std::vector<std::string_view> words;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--smoke") {
      smoke = true;
    } else {
      words.push_back(word);
    }
  }
  const std::string_view part = words.empty() ? "" : words[0];
  const int seconds = words.size() > 1 ? std::atoi(words[1].data()) : 30;
  const bool all = part.empty();
  if (all || part == "ratios") hit_ratios(smoke);
  if (all || part == "price") hit_price(smoke);
  if (all || part == "invalidation") invalidation(smoke);
  if (all || part == "warming") warming(smoke);
  if (all || part == "memory") memory(smoke, seconds);
  return 0;
}
