#include "http/decoding.hpp"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <memory>

#include <brotli/decode.h>

namespace freshet::http::test {
namespace {

using Buffer = std::array<char, 16'384>;

std::string gunzip(std::string_view bytes, bool& whole) {
  z_stream state{};
  inflateInit2(&state, 15 + 16);
  state.next_in = reinterpret_cast<z_const Bytef*>(const_cast<char*>(bytes.data()));
  state.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  Buffer buffer;
  int result = Z_OK;
  do {
    state.next_out = reinterpret_cast<Bytef*>(buffer.data());
    state.avail_out = buffer.size();
    result = inflate(&state, Z_NO_FLUSH);
    text.append(buffer.data(), buffer.size() - state.avail_out);
  } while (result == Z_OK);
  whole = result == Z_STREAM_END && state.avail_in == 0;
  inflateEnd(&state);
  return text;
}

std::string unbrotli(std::string_view bytes, bool& whole) {
  BrotliDecoderState* const state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::size_t left = bytes.size();
  std::string text;
  Buffer buffer;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT || BrotliDecoderHasMoreOutput(state) != 0) {
    auto* out = reinterpret_cast<std::uint8_t*>(buffer.data());
    std::size_t room = buffer.size();
    result = BrotliDecoderDecompressStream(state, &left, &in, &room, &out, nullptr);
    text.append(buffer.data(), buffer.size() - room);
  }
  whole = result == BROTLI_DECODER_RESULT_SUCCESS && left == 0;
  BrotliDecoderDestroyInstance(state);
  return text;
}

std::string unzstd(std::string_view bytes, bool& whole) {
  ZSTD_DCtx* const state = ZSTD_createDCtx();
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string text;
  Buffer buffer;
  std::size_t result = 1, produced = 1;
  while (result != 0 && ZSTD_isError(result) == 0 && (in.pos < in.size || produced == buffer.size())) {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    result = ZSTD_decompressStream(state, &out, &in);
    produced = out.pos;
    text.append(buffer.data(), out.pos);
  }
  whole = result == 0 && in.pos == in.size;
  ZSTD_freeDCtx(state);
  return text;
}

}  // namespace

std::string decode(Coding coding, std::string_view bytes, bool& whole) {
  switch (coding) {
    case Coding::gzip:
      return gunzip(bytes, whole);
    case Coding::br:
      return unbrotli(bytes, whole);
    case Coding::zstd:
      return unzstd(bytes, whole);
    case Coding::identity:
      break;
  }
  whole = true;
  return std::string(bytes);
}

std::string rows(std::size_t size) {
  std::string text = "[";
  for (std::size_t i = 0; text.size() < size; ++i) {
    text += R"({"id":)" + std::to_string(i) + R"(,"category":"Groceries","amount":)" +
            std::to_string(i * 7919 % 10'007) + "},";
  }
  text.back() = ']';
  return text;
}

}  // namespace freshet::http::test
