#pragma once
// Serves one connection from its first byte to its last.

#include "http/io_thread.hpp"

namespace freshet::http {

/// Starts the coroutine that serves `socket`, with TLS if the server has a certificate. `room` false: there are too
/// many connections, this one is told so (503) and ends. Call on the thread of `thread`.
void start_session(IoThread& thread, Socket socket, const Endpoint& peer, bool room);

}  // namespace freshet::http
