// How small the codings make a list, and what that costs. Usage: bench_http_codings [FILE]   (default: a list of 1,000
// rows like those of endpoints, about 100 KB)
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

#include "core/error.hpp"
#include "http/content_coding.hpp"

namespace {

using namespace freshet;

std::string list_of_rows() {
  constexpr int rows = 1000;
  std::string text = "[";
  std::uint32_t random = 1;
  for (int i = 0; i < rows; ++i) {
    random = random * 1'664'525 + 1'013'904'223;
    std::array<char, 192> row{};
    const int length = std::snprintf(
        row.data(), row.size(),
        R"({"id":%d,"day":"2025-%02u-%02u","account":"Account %u","amount":%u.%02u,"note":"Payment number %u"},)", i,
        random % 12 + 1, (random >> 4) % 28 + 1, (random >> 8) % 17, (random >> 12) % 1000, (random >> 22) % 100,
        random >> 16);
    text.append(row.data(), static_cast<std::size_t>(length));
  }
  text.back() = ']';
  return text;
}

void measure(const std::string& body, Coding coding, int level) {
  constexpr double enough = 0.2 * CLOCKS_PER_SEC;
  std::size_t size = 0;
  int runs = 0;
  const std::clock_t begin = std::clock();  // of this process alone: the machine may be busy
  do {
    size = http::encode(coding, level, body).size();
    ++runs;
  } while (static_cast<double>(std::clock() - begin) < enough);
  const double us = static_cast<double>(std::clock() - begin) * 1e6 / CLOCKS_PER_SEC / runs;
  std::printf("%-8s%6d%12zu%11.1f %%%12.0f%12.0f\n", std::string(to_string(coding)).c_str(), level, size,
              100.0 - 100.0 * static_cast<double>(size) / static_cast<double>(body.size()), us,
              static_cast<double>(body.size()) / us);
}

}  // namespace

int main(int argc, char** argv) {
  std::string body = list_of_rows();
  if (argc == 2) {
    std::ifstream file(argv[1], std::ios::binary);
    body.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (argc > 2 || body.empty()) {
    std::fputs("usage: bench_http_codings [FILE]\n", stderr);
    return 2;
  }
  try {
    std::printf("%zu bytes\n%-8s%6s%12s%13s%12s%12s\n", body.size(), "coding", "level", "bytes", "smaller by", "CPU us",
                "MB/s");
    for (const Coding coding : {Coding::br, Coding::zstd, Coding::gzip}) {
      for (const int level : {1, 4, 6, 9}) measure(body, coding, level);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "bench_http_codings: %s\n", error.what());
    return 1;
  }
  return 0;
}
