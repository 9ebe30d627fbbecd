#pragma once
// Shape rows: an answer of any length, streamed in constant memory as JSON, NDJSON or CSV.

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/encoder.hpp"
#include "api/endpoint.hpp"
#include "core/async/chunk_pipe.hpp"
#include "core/bytes.hpp"
#include "db/statement.hpp"

namespace freshet::api {

enum class RowFormat : std::uint8_t { json, ndjson, csv };

/// By `?format=`, else by the Accept header's quality values; nullopt: nothing that we make is accepted.
[[nodiscard]] std::optional<RowFormat> choose_row_format(std::string_view format_parameter,
                                                         std::string_view accept) noexcept;
/// Endpoints answer JSON; a caller that accepts none of it is told so instead of being surprised.
[[nodiscard]] bool accepts_json(std::string_view accept) noexcept;
[[nodiscard]] std::string_view media_type(RowFormat format) noexcept;

/// Encodes rows on the session's thread and pushes them as chunks.
class RowStream final : public db::RowSink, private db::Pace {
 public:
  RowStream(const StatementPlan& plan, RowFormat format, ChunkPipe& pipe);
  bool row(Row row) override;
  [[nodiscard]] db::Pace* pace() override;
  /// After the last row.
  void end();

 private:
  [[nodiscard]] bool full() override { return pipe_.full(); }
  [[nodiscard]] boost::asio::awaitable<void> room() override { return pipe_.room(); }
  [[nodiscard]] bool push(Bytes chunk);

  static constexpr std::size_t chunk_bytes = 64 * 1024;
  const RowFormat format_;
  ChunkPipe& pipe_;
  RowEncoder encoder_;
  Bytes chunk_;
  bool first_ = true;
  bool paced_ = false;
};

}  // namespace freshet::api
