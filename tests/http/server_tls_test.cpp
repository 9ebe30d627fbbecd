#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "http/support.hpp"

namespace freshet::http::test {
namespace {

using testing::HasSubstr;

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* thing) const { release(thing); }
};
template <class T, void (*release)(T*)>
using Owned = std::unique_ptr<T, Release<T, release>>;

void write_pem(const std::string& path, const std::function<void(FILE*)>& write) {
  FILE* const file = std::fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  write(file);
  std::fclose(file);
}

// A key and a certificate that it signed itself.
void make_certificate(const std::string& certificate_file, const std::string& key_file) {
  const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen("P-256"));
  const Owned<X509, X509_free> certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  write_pem(certificate_file, [&](FILE* file) { PEM_write_X509(file, certificate.get()); });
  write_pem(key_file,
            [&](FILE* file) { PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("freshet-tls-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    make_certificate(file("cert.pem"), file("key.pem"));
    make_certificate(file("other-cert.pem"), file("other-key.pem"));
    std::ofstream(file("empty.pem")) << "nothing\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  [[nodiscard]] std::string file(const std::string& name) const { return (folder / name).string(); }
  [[nodiscard]] ServerOptions options() const {
    ServerOptions made;
    made.tls_certificate_file = file("cert.pem");
    made.tls_key_file = file("key.pem");
    return made;
  }
  std::filesystem::path folder;
};

// A TLS client on top of a raw one.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, int version_max, const std::string& alpn = "\x08http/1.1")
      : client_(port), context_(SSL_CTX_new(TLS_client_method())), tls_(SSL_new(context_.get())) {
    SSL_set_max_proto_version(tls_.get(), version_max);
    SSL_set_alpn_protos(tls_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
    SSL_set_fd(tls_.get(), client_.descriptor());
    connected = SSL_connect(tls_.get()) == 1;
  }
  void send(std::string_view text) { SSL_write(tls_.get(), text.data(), static_cast<int>(text.size())); }
  // Everything until the server says that it ends.
  std::string rest() {
    std::string text(65536, '\0');
    std::string all;
    int count = 0;
    while ((count = SSL_read(tls_.get(), text.data(), static_cast<int>(text.size()))) > 0) {
      all.append(text, 0, static_cast<std::size_t>(count));
    }
    clean_end = SSL_get_error(tls_.get(), count) == SSL_ERROR_ZERO_RETURN;
    return all;
  }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls_.get(), &chosen, &size);
    return {reinterpret_cast<const char*>(chosen), size};
  }
  [[nodiscard]] std::string version() const { return SSL_get_version(tls_.get()); }

  bool connected = false;
  bool clean_end = false;

 private:
  Client client_;
  Owned<SSL_CTX, SSL_CTX_free> context_;
  Owned<SSL, SSL_free> tls_;
};

TEST_F(TlsTest, serves_over_tls_1_3_and_1_2) {
  Fixture fixture(options(), [](FakeHandler& handler) {
    handler.at_once["/tls"] = [](Exchange& exchange) { respond_text(exchange, exchange.request().tls ? "yes" : "no"); };
  });
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    TlsClient client(fixture.server->port(), version);
    ASSERT_TRUE(client.connected);
    EXPECT_EQ(client.protocol(), "http/1.1");
    client.send(get("/hello") + post("/echo", std::string(300'000, 'x')));
    client.send(get("/tls", "Connection: close\r\n"));
    const std::string answers = client.rest();
    EXPECT_THAT(answers, HasSubstr("\r\n\r\nhello"));
    EXPECT_THAT(answers, HasSubstr(std::string(300'000, 'x')));
    EXPECT_TRUE(answers.ends_with("yes"));
    EXPECT_TRUE(client.clean_end);
  }
}

TEST_F(TlsTest, refuses_old_versions_and_other_protocols) {
  Fixture fixture(options());
  EXPECT_FALSE(TlsClient(fixture.server->port(), TLS1_1_VERSION).connected);
  EXPECT_FALSE(TlsClient(fixture.server->port(), TLS1_3_VERSION, "\x02h2").connected);
  EXPECT_TRUE(TlsClient(fixture.server->port(), TLS1_3_VERSION, "\x02h2\x08http/1.1").connected);
}

TEST_F(TlsTest, a_handshake_that_does_not_come_is_cut_off) {
  ServerOptions impatient = options();
  impatient.header_timeout = std::chrono::milliseconds(150);
  Fixture fixture(impatient);
  Client silent = fixture.connect();
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(fixture.server->figures().timeouts, 1U);
  Client plain = fixture.connect();
  plain.send(get("/hello"));
  EXPECT_THAT(plain.rest(), testing::Not(HasSubstr("hello")));
}

TEST_F(TlsTest, streams_and_large_bodies_arrive_whole) {
  const auto body = std::make_shared<const std::string>(5'000'000, 'y');
  Fixture fixture(options(), [&](FakeHandler& handler) {
    handler.at_once["/large"] = [&](Exchange& exchange) {
      Response response = text_response("");
      response.body = body;
      exchange.respond(std::move(response));
    };
  });
  TlsClient client(fixture.server->port(), TLS1_3_VERSION);
  client.send(get("/large", "Connection: close\r\n"));
  EXPECT_TRUE(client.rest().ends_with("\r\n\r\n" + *body));
}

TEST_F(TlsTest, drains) {
  Fixture fixture(options());
  TlsClient client(fixture.server->port(), TLS1_3_VERSION);
  client.send(get("/slow"));
  fixture.gate.wait_for_arrivals(1);
  fixture.gate.open();
  EXPECT_EQ(fixture.server->drain(), 0U);
  EXPECT_TRUE(client.rest().ends_with("slow"));
}

TEST_F(TlsTest, says_what_is_wrong_with_the_files) {
  const auto message = [&](const std::string& certificate, const std::string& key) -> std::string {
    ServerOptions wrong;
    wrong.port = 0;
    wrong.tls_certificate_file = certificate;
    wrong.tls_key_file = key;
    try {
      const Server server(wrong, std::make_shared<FakeHandler>(), nullptr);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::config);
      return error.message();
    }
    return "accepted";
  };
  EXPECT_THAT(message(file("cert.pem"), ""), HasSubstr("both"));
  EXPECT_THAT(message(file("none.pem"), file("key.pem")), HasSubstr("certificate: the file cannot be read"));
  EXPECT_THAT(message(file("cert.pem"), file("none.pem")), HasSubstr("key: the file cannot be read"));
  EXPECT_THAT(message(file("empty.pem"), file("key.pem")), HasSubstr("no usable PEM certificate"));
  EXPECT_THAT(message(file("cert.pem"), file("empty.pem")), HasSubstr("no usable PEM key"));
  EXPECT_THAT(message(file("cert.pem"), file("other-key.pem")), HasSubstr("another certificate"));
}

}  // namespace
}  // namespace freshet::http::test
