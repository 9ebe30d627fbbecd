#include "http/request_id.hpp"

#include <algorithm>
#include <bit>
#include <random>

namespace freshet::http {

RequestIds::RequestIds() : state_{} {
  std::random_device device;
  for (std::uint64_t& word : state_) word = (std::uint64_t{device()} << 32) | device();
  state_[0] |= 1;  // the generator must not start from zero
}

// xoshiro256++ by Blackman and Vigna: a handful of instructions, 2^256 - 1 long.
std::uint64_t RequestIds::step() noexcept {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void RequestIds::next(std::array<char, 32>& out) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = step();
    for (std::size_t i = 0; i < 16; ++i, bits >>= 4) out[half * 16 + i] = digits[bits & 15];
  }
}

bool request_id_is_sane(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 128 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace freshet::http
