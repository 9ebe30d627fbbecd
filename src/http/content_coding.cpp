#include "http/content_coding.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <string>

#include "core/error.hpp"

#include <brotli/encode.h>

namespace freshet::http {
namespace {

using Until = Encoder::Until;

constexpr std::size_t room_min = 4096;
constexpr int window_bits_max = 19;  // 512 KB: what a request may cost in memory, for bodies of unknown size

[[noreturn]] void fail(std::string_view what) { throw Error(ErrorKind::internal, std::string(what)); }

// How much to make room for at a time: text shrinks to a third or less.
std::size_t room_for(std::string_view input) noexcept { return std::max(room_min, input.size() / 3); }

class Gzip final : public Encoder {
 public:
  explicit Gzip(int level) {
    constexpr int gzip_window = 15 + 16;
    if (deflateInit2(&state_, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) fail("gzip: no state");
  }
  ~Gzip() override { deflateEnd(&state_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  void encode(std::string_view input, Until until, Bytes& out) override {
    constexpr std::size_t step = std::numeric_limits<uInt>::max();
    do {
      const std::string_view part = input.substr(0, step);
      input.remove_prefix(part.size());
      run(part, input.empty() ? until : Until::more, out);
    } while (!input.empty());
  }

 private:
  void run(std::string_view input, Until until, Bytes& out) {
    const int flush = until == Until::more ? Z_NO_FLUSH : until == Until::flush ? Z_SYNC_FLUSH : Z_FINISH;
    state_.next_in = reinterpret_cast<z_const Bytef*>(const_cast<char*>(input.data()));
    state_.avail_in = static_cast<uInt>(input.size());
    do {
      const std::size_t room = std::min<std::size_t>(room_for(input), std::numeric_limits<uInt>::max());
      state_.next_out = reinterpret_cast<Bytef*>(out.prepare(room));
      state_.avail_out = static_cast<uInt>(room);
      if (deflate(&state_, flush) == Z_STREAM_ERROR) fail("gzip: broken state");
      out.commit(room - state_.avail_out);
    } while (state_.avail_out == 0);  // zlib has more to say only if it filled what it had
  }

  z_stream state_{};
};

class Brotli final : public Encoder {
 public:
  Brotli(int level, std::size_t size_hint) : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) fail("brotli: no state");
    BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
    BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_MODE, BROTLI_MODE_TEXT);
    BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_LGWIN, window_bits_max);
    const std::size_t hint = std::min<std::size_t>(size_hint, 1U << 30);
    if (hint != 0) BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_SIZE_HINT, static_cast<std::uint32_t>(hint));
  }

  void encode(std::string_view input, Until until, Bytes& out) override {
    const BrotliEncoderOperation operation = until == Until::more    ? BROTLI_OPERATION_PROCESS
                                             : until == Until::flush ? BROTLI_OPERATION_FLUSH
                                                                     : BROTLI_OPERATION_FINISH;
    const auto* next = reinterpret_cast<const std::uint8_t*>(input.data());
    std::size_t left = input.size();
    do {
      std::size_t no_room = 0;
      if (BrotliEncoderCompressStream(state_.get(), operation, &left, &next, &no_room, nullptr, nullptr) == 0) {
        fail("brotli: broken state");
      }
      std::size_t size = 0;
      const std::uint8_t* const bytes = BrotliEncoderTakeOutput(state_.get(), &size);
      out.append({reinterpret_cast<const char*>(bytes), size});
    } while (left != 0 || BrotliEncoderHasMoreOutput(state_.get()) != 0);
  }

 private:
  struct Destroy {
    void operator()(BrotliEncoderState* state) const noexcept { BrotliEncoderDestroyInstance(state); }
  };
  std::unique_ptr<BrotliEncoderState, Destroy> state_;
};

class Zstd final : public Encoder {
 public:
  Zstd(int level, std::size_t size_hint) : state_(ZSTD_createCCtx()) {
    if (state_ == nullptr) fail("zstd: no state");
    check(ZSTD_CCtx_setParameter(state_.get(), ZSTD_c_compressionLevel, level));
    check(ZSTD_CCtx_setParameter(state_.get(), ZSTD_c_windowLog, window_bits_max));
    check(ZSTD_CCtx_setParameter(state_.get(), ZSTD_c_checksumFlag, 0));
    if (size_hint != 0) check(ZSTD_CCtx_setPledgedSrcSize(state_.get(), size_hint));
  }

  void encode(std::string_view input, Until until, Bytes& out) override {
    const ZSTD_EndDirective directive = until == Until::more    ? ZSTD_e_continue
                                        : until == Until::flush ? ZSTD_e_flush
                                                                : ZSTD_e_end;
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    for (;;) {
      const std::size_t room = room_for(input);
      ZSTD_outBuffer to{out.prepare(room), room, 0};
      const std::size_t left = ZSTD_compressStream2(state_.get(), &to, &in, directive);
      check(left);
      out.commit(to.pos);
      // `more` is done when all is taken in; the others when nothing is left inside.
      if (until == Until::more ? in.pos == in.size : left == 0) return;
    }
  }

 private:
  static void check(std::size_t result) {
    if (ZSTD_isError(result) != 0) fail(std::string("zstd: ") + ZSTD_getErrorName(result));
  }
  struct Destroy {
    void operator()(ZSTD_CCtx* state) const noexcept { ZSTD_freeCCtx(state); }
  };
  std::unique_ptr<ZSTD_CCtx, Destroy> state_;
};

}  // namespace

std::unique_ptr<Encoder> make_encoder(Coding coding, int level, std::size_t size_hint) {
  switch (coding) {
    case Coding::br:
      return std::make_unique<Brotli>(level, size_hint);
    case Coding::zstd:
      return std::make_unique<Zstd>(level, size_hint);
    case Coding::gzip:
      return std::make_unique<Gzip>(level);
    case Coding::identity:
      break;
  }
  fail("identity has no encoder");
}

Bytes encode(Coding coding, int level, std::string_view body) {
  Bytes out(std::max(room_min, body.size() / 3));
  make_encoder(coding, level, body.size())->encode(body, Encoder::Until::end, out);
  return out;
}

}  // namespace freshet::http
