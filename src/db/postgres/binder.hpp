#pragma once
// Collects one execution's parameters in the form that libpq sends.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "db/statement.hpp"

namespace freshet::db::postgres {

/// Texts go out from where they are, with their length (they outlive the step by Binder's contract), wherever the
/// parameter's type takes bytes as they come; anything else as text, in a buffer that is kept from one execution to
/// the next. The server parses what it is given for the type that it found for the parameter: 1 is a fine boolean.
/// Not thread-safe.
class PostgresBinder final : public Binder {
 public:
  /// Readies the binder for `statement`, whose parameters are NULL until they are bound.
  void start(const Statement& statement);

  void null(int position) override;
  void integer(int position, std::int64_t value) override;
  void real(int position, double value) override;
  /// Throws unprocessable for a text with a NUL character, which PostgreSQL does not store.
  void text(int position, std::string_view value) override;
  void blob(int position, std::string_view bytes) override;
  /// An array: {1,"two",NULL}.
  void list(int position, std::span<const Value> values) override;

  [[nodiscard]] int count() const noexcept { return static_cast<int>(slots_.size()); }
  /// For libpq; valid until the next start(). Call once everything is bound.
  struct Sent {
    const char* const* values;
    const int* lengths;
    const int* formats;
  };
  [[nodiscard]] Sent finish();

 private:
  struct Slot {
    const char* bytes = nullptr;  // where it is; null: NULL, or in buffer_
    std::size_t offset = npos;    // in buffer_
    int length = 0;
    bool binary = false;
  };
  static constexpr auto npos = static_cast<std::size_t>(-1);

  [[nodiscard]] Slot& slot(int position) { return slots_.at(static_cast<std::size_t>(position - 1)); }
  [[nodiscard]] std::uint32_t type(int position) const noexcept;
  void put(int position, std::string_view text);

  std::span<const std::uint32_t> types_;
  std::vector<Slot> slots_;
  std::string buffer_;
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
};

}  // namespace freshet::db::postgres
