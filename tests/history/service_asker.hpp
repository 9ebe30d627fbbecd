#pragma once
// The whole service in this process, called as the listener calls it, without sockets in between.

#include <filesystem>
#include <memory>
#include <string>

#include "db/database.hpp"

#include "history/asker.hpp"

namespace freshet::history {

/// What `freshet cache enable` does: from now on writes are seen piece by piece.
void install_triggers(const std::filesystem::path& folder, const std::string& path);

class ServiceAsker final : public Asker {
 public:
  /// Serves the app in `folder` from the database at `path`. Throws std::runtime_error if it cannot.
  ServiceAsker(const std::filesystem::path& folder, const std::string& path, bool with_triggers = false);
  ~ServiceAsker() override;

  [[nodiscard]] std::unique_ptr<Conversation> open() override;
  [[nodiscard]] db::Database& database() noexcept;
  [[nodiscard]] std::string figures() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet::history
