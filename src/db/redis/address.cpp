#include "db/redis/address.hpp"

#include <charconv>
#include <optional>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "core/error.hpp"

namespace freshet::db::redis {
namespace {

constexpr std::string_view forms =
    "write redis://user:password@host:6379/0, rediss://… for TLS, or unix:///path/to/redis.sock";

// The URL itself may hold a password: it is never repeated.
Error bad_url(std::string_view what) {
  return Error(ErrorKind::config, fmt::format("the Redis URL {}", what)).hinting(std::string(forms));
}

unsigned database_of(std::string_view digits) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number > 65'535) {
    throw bad_url("ends in what is no number of a database");
  }
  return number;
}

void read_query(const boost::urls::url_view& url, Address& address) {
  for (const auto& parameter : url.params()) {
    if (parameter.key != "db") throw bad_url(fmt::format("has an unknown parameter, {}", parameter.key));
    address.database = database_of(parameter.value);
  }
}

void read_host(const boost::urls::url_view& url, Address& address) {
  if (!url.host().empty()) address.host = url.host_address();
  if (url.has_port() && !url.port().empty()) {
    address.port = url.port_number();
    if (address.port == 0) throw bad_url("has no usable port");
  }
  std::string path = url.path();
  if (path.size() > 1) address.database = database_of(std::string_view(path).substr(1));
}

}  // namespace

std::string Address::text() const {
  if (!socket_path.empty()) {
    return database == 0 ? "unix:" + socket_path : fmt::format("unix:{}?db={}", socket_path, database);
  }
  const bool six = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}/{}", tls ? "rediss" : "redis", six ? "[" : "", host, six ? "]" : "", port,
                     database);
}

Address parse_address(std::string_view text) {
  const boost::urls::result<boost::urls::url_view> parsed = boost::urls::parse_uri(text);
  if (!parsed) throw bad_url("cannot be read");
  const boost::urls::url_view& url = *parsed;
  Address address;
  address.user = url.user();
  address.password = url.password();
  read_query(url, address);
  if (url.scheme() == "unix") {
    address.socket_path = url.path();
    if (address.socket_path.empty() || !url.host().empty()) throw bad_url("names no file: it begins with unix:///");
    return address;
  }
  if (url.scheme() != "redis" && url.scheme() != "rediss") throw bad_url(fmt::format("begins with {}:", url.scheme()));
  address.tls = url.scheme() == "rediss";
  read_host(url, address);
  return address;
}

}  // namespace freshet::db::redis
