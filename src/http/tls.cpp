#include "http/tls.hpp"

#include <array>
#include <fstream>

#include <boost/asio/ssl/context.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/error.hpp"

namespace freshet::http {
namespace {

namespace ssl = boost::asio::ssl;

// ECDHE and authenticated encryption only; TLS 1.3 has no others.
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::string last_openssl_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

Error bad_file(const std::string& option, const std::string& file, const std::string& why) {
  return Error(ErrorKind::config, "server.tls." + option + ": " + why + ": " + file);
}

void check_readable(const std::string& option, const std::string& file) {
  if (!std::ifstream(file)) throw bad_file(option, file, "the file cannot be read");
}

// Clients that offer ALPN must offer http/1.1; those that do not are served all the same.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours.data(), ours.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void harden(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, ciphers);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds no record buffers
  static constexpr std::array<unsigned char, 7> id{'f', 'r', 'e', 's', 'h', 'e', 't'};
  SSL_CTX_set_session_id_context(context, id.data(), id.size());
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

std::shared_ptr<ssl::context> make_tls_context(const std::string& certificate_file, const std::string& key_file) {
  if (certificate_file.empty() || key_file.empty()) {
    throw Error(ErrorKind::config, "server.tls needs both a certificate and a key");
  }
  check_readable("certificate", certificate_file);
  check_readable("key", key_file);
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  harden(native);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(native, certificate_file.c_str()) != 1) {
    throw bad_file("certificate", certificate_file, "the file has no usable PEM certificate")
        .detailing(last_openssl_error());
  }
  // Reads the key by itself first: loading it into the context would call a key of another certificate unreadable.
  boost::system::error_code error;
  if (SSL_CTX_use_PrivateKey_file(native, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long code = ERR_peek_last_error();
    const bool mismatch =
        ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH || ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH;
    throw bad_file(
        "key", key_file,
        mismatch ? "the key belongs to another certificate" : "the file has no usable PEM key without a passphrase")
        .detailing(last_openssl_error());
  }
  if (SSL_CTX_check_private_key(native) != 1) {
    throw bad_file("key", key_file, "the key belongs to another certificate").detailing(last_openssl_error());
  }
  return context;
}

}  // namespace freshet::http
