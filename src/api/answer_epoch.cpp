#include "api/answer_epoch.hpp"

#include <xxhash.h>

#include <memory>

#include <fmt/format.h>

namespace freshet::api {
namespace {

/// Each text with its length, so that no two sequences of texts are the same bytes.
class Digest {
 public:
  Digest() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }

  void add(std::string_view text) {
    add(text.size());
    XXH3_128bits_update(state_.get(), text.data(), text.size());
  }
  void add(std::size_t number) { XXH3_128bits_update(state_.get(), &number, sizeof number); }
  [[nodiscard]] std::string text() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const noexcept { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

/// Its file is all of it: the rest follows from that, and from the schema.
void add_endpoint(Digest& digest, const Endpoint& endpoint) {
  digest.add(http::to_string(endpoint.method));
  digest.add(endpoint.route);
  digest.add(endpoint.source.text);
}

void add_table(Digest& digest, const db::CatalogTable& table) {
  digest.add(table.schema);
  digest.add(table.name);
  digest.add(table.view_sql);
  digest.add(table.columns.size());
  for (const db::CatalogColumn& column : table.columns) {
    digest.add(column.name);
    digest.add(column.declared_type);
    digest.add(column.collation);
  }
}

}  // namespace

std::string answer_epoch(const App& app, const db::Catalog& catalog, std::string_view program,
                         std::string_view database) {
  Digest digest;
  digest.add(program);
  digest.add(database);
  digest.add(app.config.server.etag_body_max);  // whether an answer has a tag is kept with it
  digest.add(app.endpoints.size());
  for (const EndpointPtr& endpoint : app.endpoints) add_endpoint(digest, *endpoint);
  digest.add(catalog.search_path.size());
  for (const std::string& schema : catalog.search_path) digest.add(schema);
  for (const db::CatalogTable& table : catalog.tables) add_table(digest, table);
  return digest.text();
}

}  // namespace freshet::api
