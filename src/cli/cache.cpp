// freshet cache: what becomes of the answers that are kept.

#include <CLI/CLI.hpp>

#include "cli/cache_commands.hpp"
#include "cli/commands.hpp"

namespace freshet::cli {

void add_cache(CLI::App& root) {
  CLI::App* cache =
      root.add_subcommand("cache", "See what is kept, have it made anew, log writes so that they end less of it");
  cache->group(group_run);
  cache->require_subcommand(1);
  add_cache_enable(*cache);
  add_cache_disable(*cache);
  add_cache_stats(*cache);
  add_cache_ls(*cache);
  add_cache_get(*cache);
  add_cache_invalidate(*cache);
}

}  // namespace freshet::cli
