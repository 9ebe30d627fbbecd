#pragma once
// The commands of `freshet`, each in a file of its own. Each adds itself to the root; its callback does the work and
// throws freshet::Error where it fails, or Exit where it ends with a code of its own.

namespace CLI {
class App;
}

namespace freshet::cli {

/// Ends the process with `code`; what there was to say has been said.
struct Exit {
  int code = 0;
};

// Groups of `freshet --help`, in this order.
inline constexpr const char* group_start = "Start";
inline constexpr const char* group_run = "Run";
inline constexpr const char* group_data = "Data";
inline constexpr const char* group_shell = "Shell";

void add_new(CLI::App& root);
void add_check(CLI::App& root);
void add_routes(CLI::App& root);
void add_explain(CLI::App& root);
void add_serve(CLI::App& root);
void add_cache(CLI::App& root);
void add_migrate(CLI::App& root);
void add_seed(CLI::App& root);
void add_load(CLI::App& root);
void add_rollup(CLI::App& root);
void add_completion(CLI::App& root);

}  // namespace freshet::cli
