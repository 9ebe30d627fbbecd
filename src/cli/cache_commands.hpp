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
[[nodiscard]] std::string watch_hint(const api::App& app, const db::DatabaseOptions& options);

}  // namespace freshet::cli
