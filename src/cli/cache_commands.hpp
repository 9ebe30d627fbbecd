#pragma once
// The commands of `freshet cache`: each adds itself to that group (cache.cpp).

#include <string>

#include "api/app.hpp"
#include "db/database.hpp"

namespace CLI {
class App;
}

namespace freshet::cli {

void add_cache_enable(CLI::App& cache);
void add_cache_disable(CLI::App& cache);

/// What to tell people whose database `options` does not log what `app` needs to know of writes; empty: nothing.
/// `outdated_only`: nothing either where no writes are logged at all, as in an app that never asked for it.
[[nodiscard]] std::string watch_hint(const api::App& app, const db::DatabaseOptions& options, bool outdated_only);

// Of a running server.
void add_cache_stats(CLI::App& cache);
void add_cache_ls(CLI::App& cache);
void add_cache_get(CLI::App& cache);
void add_cache_invalidate(CLI::App& cache);

}  // namespace freshet::cli
