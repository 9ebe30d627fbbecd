#pragma once
// The server's side of TLS.

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace freshet::http {

/// TLS 1.2 and later, forward-secret ciphers, session tickets, ALPN "http/1.1". Both files are PEM. Throws config that
/// names the file: missing, no certificate, no key, a key of another certificate.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> make_tls_context(const std::string& certificate_file,
                                                                          const std::string& key_file);

}  // namespace freshet::http
