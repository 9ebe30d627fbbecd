// freshet cache: what becomes of the answers that are kept.

#include <CLI/CLI.hpp>

#include "cli/cache_commands.hpp"
#include "cli/commands.hpp"

namespace freshet::cli {

void add_cache(CLI::App& root) {
  CLI::App* cache = root.add_subcommand("cache", "Let writes end only the answers that they concern, or no longer");
  cache->group(group_run);
  cache->require_subcommand(1);
  add_cache_enable(*cache);
  add_cache_disable(*cache);
}

}  // namespace freshet::cli
