#pragma once
// Asks the admin port of a running server.

#include <string>
#include <string_view>

#include "cli/common.hpp"
#include "cli/runtime_file.hpp"

namespace freshet::cli {

/// How a command finds the server of an app: by itself, or by what its user says.
struct ServerArguments {
  AppArguments app;
  std::string url;
};
void add_server_arguments(CLI::App& command, ServerArguments& arguments);

/// Where the app's server is. Throws unavailable, with a hint, if none runs that this user may ask.
[[nodiscard]] AdminAddress admin_address(const ServerArguments& arguments);

/// The body of a 200. `body` is JSON; empty: GET, else POST. Throws unavailable if nobody answers, and what the server
/// says is wrong. Blocking, for at most a few seconds.
[[nodiscard]] std::string ask_admin(const AdminAddress& address, std::string_view target, std::string_view body = {});

}  // namespace freshet::cli
