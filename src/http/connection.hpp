#pragma once
// The part of a connection that knows no socket type: the request it is at, the answer, the deadline, and what the
// sweeper, a drain or a vanished peer does to it. Used on its I/O thread only.

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/list.hpp>

#include "http/buffers.hpp"
#include "http/encoding_job.hpp"
#include "http/handler.hpp"
#include "http/io_thread.hpp"
#include "http/request_parser.hpp"

namespace freshet::http {

/// A connection leaves its thread's list by itself when it ends.
using ConnectionHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class Connection : public Exchange,
                   public BodyWriter,
                   public ConnectionHook,
                   public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  /// `counted`: it is one of those that connections_max bounds; else one that is told so.
  Connection(IoThread& thread, const Endpoint& peer, bool counted);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Cancelled when the handler's work is of no use any more.
  [[nodiscard]] boost::asio::cancellation_slot slot() noexcept { return cancellation_.slot(); }

  // By the thread's sweeper, drain and cut. Nothing is destroyed before the caller lets go of its shared_ptr.
  void look_at(Clock::time_point now);
  void drain();
  /// True if a request was under way.
  bool cut();

  // Exchange
  [[nodiscard]] const Request& request() const noexcept override { return request_; }
  void respond(Response response) override;
  [[nodiscard]] Coding choose_coding(std::string_view content_type, std::size_t identity_bytes) const noexcept override;
  [[nodiscard]] boost::asio::awaitable<std::optional<Bytes>> encode(Coding coding, std::string_view body) override;
  [[nodiscard]] boost::asio::awaitable<BodyWriter*> stream(Response head) override;
  void set_route(std::string_view route) override { route_ = route; }
  [[nodiscard]] std::string& note() noexcept override { return note_; }
  void set_database_time(std::uint64_t wait_us, std::uint64_t run_us) override;

  // BodyWriter
  [[nodiscard]] boost::asio::awaitable<void> write(Bytes chunk) override;

 protected:
  enum class Phase : std::uint8_t { handshake, idle, head, body, handling, writing, lingering };
  /// Why what is under way ends before its time.
  enum class Ending : std::uint8_t { none, timed_out, peer_gone, cut, abandoned };
  enum class Sent : std::uint8_t { all, blocked, failed };

  // What needs the socket.
  [[nodiscard]] virtual int descriptor() noexcept = 0;
  virtual void cancel_io() noexcept = 0;
  virtual void close_now() noexcept = 0;
  /// Sends what is queued as far as it goes without waiting.
  [[nodiscard]] virtual Sent send_now() noexcept = 0;
  /// Sends what is queued once, as far as it goes, and nothing ever after.
  virtual void send_last() noexcept = 0;
  /// Sends what is queued, waiting as needed. False: the peer is gone or too slow, the connection is of no use.
  [[nodiscard]] virtual boost::asio::awaitable<bool> send_all() = 0;

  void arm(Phase phase, Clock::time_point deadline) noexcept {
    phase_ = phase;
    deadline_ = deadline;
  }

  /// While the peer does not take what is sent: the deadline moves on as long as it takes any of it.
  void arm_writing() noexcept;

  // The stations of a request, in order.
  void begin_request();
  /// Tries what needs no waiting: OPTIONS, constants, cache hits. False: serve().
  [[nodiscard]] bool serve_at_once();
  /// After serve(): makes sure that there is an answer, or that the connection ends.
  void settle(std::exception_ptr failure);
  /// Queues the answer that was given to respond().
  void compose();
  /// True if the status of the answer forbids a body.
  [[nodiscard]] bool body_forbidden() const noexcept;
  /// Whether the answer given to respond() is to be compressed away from this thread: encode_elsewhere(), then
  /// settle(), then compose().
  [[nodiscard]] bool encodes_elsewhere();
  [[nodiscard]] boost::asio::awaitable<void> encode_elsewhere();
  /// Queues the end of a streamed body.
  void end_stream();
  /// Queues a problem document for what cannot be served; the connection must end after it.
  void compose_refusal(const Refusal& refusal);
  /// Tells the observer of the request that was answered, if there is one.
  void report() noexcept;

  IoThread& thread_;
  const ServerOptions& options_;
  InputBuffer input_;
  InputBuffer after_;  // what came in behind the head of a request with a chunked body
  Bytes body_;         // bodies that came in several pieces
  Output output_;
  RequestParser parser_;
  Request request_;
  Clock::time_point now_;  // a recent look at the clock
  Phase phase_ = Phase::idle;
  Ending ending_ = Ending::none;
  bool keep_alive_ = true;
  bool broken_ = false;     // nothing more can be sent
  bool streaming_ = false;  // stream() was called
  bool head_sent_ = false;  // of a streamed answer

 private:
  /// How response_ is represented.
  struct Selection {
    bool made = false;
    bool varies = false;   // another Accept-Encoding may get another coding
    bool encoded = false;  // response_.body is in it
    Coding coding = Coding::identity;
  };

  [[nodiscard]] bool answer_options();
  void select_representation();
  void select_coding();
  [[nodiscard]] bool offers_codings(std::string_view content_type) const noexcept;
  [[nodiscard]] Coding preferred_coding() const noexcept;
  [[nodiscard]] bool must_encode() const noexcept;
  void encode_at_once();
  void begin_encoding();
  [[nodiscard]] boost::asio::awaitable<Bytes> encode_chunk(Bytes chunk);
  [[nodiscard]] boost::asio::awaitable<bool> run_elsewhere(std::shared_ptr<EncodingJob> job);
  void add_chunk(Bytes chunk);
  void append_representation_headers(const Response& response);
  void append_server_timing();
  void append_head(const Response& response, std::size_t length);
  void append_body_headers(const Response& response, std::size_t length);
  void append_connection_header();
  void replace_unsafe_headers();
  void fail(const std::exception_ptr& failure);
  void answer(const Error& error);
  void on_deadline(Clock::time_point now);
  void give_up(Ending why);
  void abandon();
  [[nodiscard]] bool peer_closed() noexcept;
  [[nodiscard]] int unacknowledged() noexcept;

  const bool counted_;
  std::string remote_;
  boost::asio::cancellation_signal cancellation_;
  Clock::time_point deadline_ = Clock::time_point::max();
  int unacknowledged_ = 0;  // when the deadline for writing was set
  std::array<char, 32> own_id_{};
  Response response_;
  Body original_;  // what response_.body was before it was encoded: response_.head_lines may be its owner's
  Selection selection_;
  std::shared_ptr<Encoder> encoder_;  // of a streamed answer; shared with the job that uses it
  std::shared_ptr<EncodingJob> job_;  // while another thread encodes
  Clock::time_point flushed_;
  bool responded_ = false;
  bool record_pending_ = false;
  std::string note_;
  std::string_view route_;
  unsigned status_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t database_wait_us_ = 0, database_run_us_ = 0;
  std::string error_;    // log text
  Bytes extra_headers_;  // complete lines
};

}  // namespace freshet::http
