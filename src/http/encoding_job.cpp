#include "http/encoding_job.hpp"

#include "core/error.hpp"

namespace freshet::http {
namespace {

constexpr std::size_t step = 256 * 1024;  // at the slowest level some 50 ms

}  // namespace

void EncodingJob::run() noexcept {
  try {
    std::string_view rest = view(input_);
    if (encoder_ == nullptr) {
      encoder_ = make_encoder(coding_, level_, rest.size());
      output_.reserve(rest.size() / 3);
    }
    bool last = false;
    while (!last) {
      if (stopped_.load(std::memory_order_relaxed)) throw Error(ErrorKind::cancelled, "nobody waits for it");
      const std::string_view part = rest.substr(0, step);
      rest.remove_prefix(part.size());
      last = rest.empty();
      encoder_->encode(part, last ? until_ : Encoder::Until::more, output_);
    }
  } catch (...) {
    failure_ = std::current_exception();
  }
}

}  // namespace freshet::http
