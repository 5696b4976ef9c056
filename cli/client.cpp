// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"

#include "base/text.hpp"

#include <cstdlib>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace signet::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

struct Url {
  bool is_tls = true;
  std::string host, port;
  [[nodiscard]] std::string text() const {
    return (is_tls ? "https://" : "http://") + host + ":" + port;
  }
};

Result<Url> parse_url(std::string_view address) {
  Url url;
  if (address.starts_with("https://")) {
    address.remove_prefix(8);
  } else if (address.starts_with("http://")) {
    address.remove_prefix(7);
    url.is_tls = false;
  } else {
    return invalid("the address '" + std::string(address) +
                   "' must begin with http:// or https://; set SIGNET_ADDR or -address");
  }
  address = address.substr(0, address.find('/'));
  const auto colon = address.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && address.find(']', colon) == std::string_view::npos;
  url.host = std::string(address.substr(0, has_port ? colon : address.size()));
  url.port = has_port ? std::string(address.substr(colon + 1)) : url.is_tls ? "443" : "80";
  if (url.host.size() > 1 && url.host.front() == '[')
    url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty()) return invalid("the address names no host; set SIGNET_ADDR or -address");
  return url;
}

/// Verification by the system's roots or those named; a client certificate when given.
void configure_tls(asio::ssl::context& tls, const ClientOptions& options) {
  tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv3 |
                  asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  if (!options.ca_cert.empty()) tls.load_verify_file(options.ca_cert);
  if (!options.ca_path.empty()) tls.add_verify_path(options.ca_path);
  if (options.ca_cert.empty() && options.ca_path.empty()) tls.set_default_verify_paths();
  tls.set_verify_mode(options.is_verify_skipped ? asio::ssl::verify_none : asio::ssl::verify_peer);
  if (!options.client_cert.empty()) {
    tls.use_certificate_chain_file(options.client_cert);
    tls.use_private_key_file(options.client_key, asio::ssl::context::pem);
  }
}

using Message = http::request<http::string_body>;

/// Runs the operations queued on `io` until they are done or the deadline; false on a timeout.
bool run_until(asio::io_context& io, std::chrono::steady_clock::time_point deadline) {
  io.restart();
  io.run_until(deadline);
  return io.stopped();
}

struct Exchange {
  beast::error_code error;
  http::response_parser<http::string_body> parser;
};

/// Writes the request and reads the answer over any stream; each operation ends by the deadline.
template <class Stream>
void exchange(asio::io_context& io, Stream& stream, Message& message, Exchange& out,
              std::chrono::steady_clock::time_point deadline) {
  beast::flat_buffer buffer;
  out.parser.body_limit(boost::none);
  http::async_write(stream, message, [&](beast::error_code error, std::size_t) {
    out.error = error;
    if (error) return;
    http::async_read(stream, buffer, out.parser,
                     [&](beast::error_code read_error, std::size_t) { out.error = read_error; });
  });
  if (!run_until(io, deadline)) {
    beast::get_lowest_layer(stream).cancel();
    io.run();
    out.error = beast::error::timeout;
  }
}

Result<Answer> send(const ClientOptions& options, const Url& url, Message message) {
  const auto deadline = std::chrono::steady_clock::now() + options.timeout;
  asio::io_context io;
  Exchange out;
  try {
    asio::ip::tcp::resolver resolver(io);
    const auto endpoints = resolver.resolve(url.host, url.port);
    asio::ssl::context tls(asio::ssl::context::tls_client);
    beast::error_code error;
    const auto connect = [&](beast::tcp_stream& stream) {
      stream.async_connect(endpoints, [&](beast::error_code code, const auto&) { error = code; });
      if (!run_until(io, deadline)) {
        stream.cancel();
        io.run();
        error = beast::error::timeout;
      }
    };
    if (url.is_tls) {
      configure_tls(tls, options);
      beast::ssl_stream<beast::tcp_stream> stream(io, tls);
      const std::string name = options.tls_server_name.empty() ? url.host : options.tls_server_name;
      SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(name.c_str()));  // what the macro does, without its C cast
      if (!options.is_verify_skipped)
        stream.set_verify_callback(asio::ssl::host_name_verification(name));
      connect(beast::get_lowest_layer(stream));
      if (!error) {
        stream.async_handshake(asio::ssl::stream_base::client,
                               [&](beast::error_code code) { error = code; });
        if (!run_until(io, deadline)) error = beast::error::timeout;
        if (error)
          return Error{
              ErrorCode::unavailable,
              "TLS with " + url.text() + " failed: " + error.message() +
                  ". If its certificate comes from a private CA, name that CA by SIGNET_CACERT or "
                  "-ca-cert; if the server speaks plain HTTP, use http:// in SIGNET_ADDR",
              {}};
        exchange(io, stream, message, out, deadline);
      }
    } else {
      beast::tcp_stream stream(io);
      connect(stream);
      if (!error) exchange(io, stream, message, out, deadline);
    }
    if (error)
      return Error{ErrorCode::unavailable,
                   "cannot reach " + url.text() + ": " + error.message() +
                       ". Is the server running there? SIGNET_ADDR or -address says where to look",
                   {}};
  } catch (const boost::system::system_error& failure) {
    return Error{
        ErrorCode::unavailable, "cannot reach " + url.text() + ": " + failure.code().message(), {}};
  }
  if (out.error)
    return Error{ErrorCode::unavailable,
                 "no complete answer from " + url.text() + ": " + out.error.message(),
                 {}};
  Answer answer;
  auto& response = out.parser.get();
  answer.status = static_cast<int>(response.result_int());
  answer.content_type = std::string(response[http::field::content_type]);
  answer.text = std::move(response.body());
  if (answer.status == 301 || answer.status == 302 || answer.status == 307)
    answer.text = std::string(response[http::field::location]);
  else
    answer.body = nlohmann::json::parse(answer.text, nullptr, false);
  if (answer.body.is_discarded()) answer.body = nullptr;
  return answer;
}

/// The time for which the answer is to be wrapped; empty: it is not. What the command line asks for
/// its own sake (where a path leads) or what cannot be wrapped goes without, also when the
/// environment sets a time for everything.
std::string wrapping_of(const ClientOptions& options, std::string_view path) {
  for (const std::string_view plain : {"sys/internal/ui/mounts", "sys/init", "sys/unseal"})
    if (path.starts_with(plain)) return {};
  if (options.wrap_ttl.empty() && path == "sys/wrapping/wrap") return "5m";
  return options.wrap_ttl;
}

Message message_for(const ClientOptions& options, const Url& url, http::verb verb,
                    std::string_view other_verb, const std::string& target,
                    const std::optional<nlohmann::json>& body) {
  Message message{verb, target, 11};
  if (!other_verb.empty())
    message.method_string(beast::string_view(other_verb.data(), other_verb.size()));
  message.set(http::field::host, url.host + ":" + url.port);
  message.set(http::field::connection, "close");
  message.set("X-Vault-Request", "true");
  if (!options.token.empty())
    message.set("X-Vault-Token", std::string(options.token.reveal_text()));
  if (!options.name_space.empty()) message.set("X-Vault-Namespace", options.name_space);
  const std::string_view root = "/v1/";
  if (target.starts_with(root))
    if (const std::string ttl = wrapping_of(options, target.substr(root.size())); !ttl.empty())
      message.set("X-Vault-Wrap-TTL", ttl);
  for (const auto& [key, value] : options.headers) message.set(key, value);
  if (body) {
    message.set(http::field::content_type,
                verb == http::verb::patch ? "application/merge-patch+json" : "application/json");
    message.body() = body->dump();
  }
  message.prepare_payload();
  return message;
}

}  // namespace

std::optional<std::string> environment(std::string_view name) {
  for (const char* prefix : {"SIGNET_", "BAO_", "VAULT_"}) {
    const std::string variable = prefix + std::string(name);
    const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
    if (value != nullptr && *value != '\0') return std::string(value);
  }
  return std::nullopt;
}

Result<Answer> call(const ClientOptions& options, std::string_view method, std::string_view path,
                    const std::optional<nlohmann::json>& body,
                    const std::vector<std::pair<std::string, std::string>>& query) {
  Url url = TRY(parse_url(options.address));
  std::string target = "/v1/" + percent_encode(path, "/");
  char separator = '?';
  const auto add = [&](std::string_view key, std::string_view value) {
    target += separator + percent_encode(key) + "=" + percent_encode(value);
    separator = '&';
  };
  for (const auto& [key, value] : query) add(key, value);
  http::verb verb = http::string_to_verb(beast::string_view(method.data(), method.size()));
  if (method == "LIST" || method == "SCAN") {  // proxies know GET
    verb = http::verb::get;
    add(method == "LIST" ? "list" : "scan", "true");
  }
  Answer answer = TRY(send(options, url, message_for(options, url, verb, {}, target, body)));
  if (answer.status == 301 || answer.status == 302 || answer.status == 307) {
    const std::string location = answer.text;
    if (location.starts_with("/")) {
      target = location;
    } else {
      Url next = TRY(parse_url(location));
      if (url.is_tls && !next.is_tls)
        return invalid("the server redirects from https to http; not followed");
      const auto slash = location.find('/', location.find("//") + 2);
      target = slash == std::string::npos ? "/" : location.substr(slash);
      url = std::move(next);
    }
    return send(options, url, message_for(options, url, verb, {}, target, body));
  }
  return answer;
}

std::string describe_failure(const ClientOptions& options, std::string_view method,
                             std::string_view path, const Answer& answer) {
  std::string text = "Error making API request.\n\n";
  if (!options.name_space.empty()) text += "Namespace: " + options.name_space + "\n";
  text += "URL: " + std::string(method) + " " + options.address + "/v1/" + std::string(path) + "\n";
  text += "Code: " + std::to_string(answer.status) + ". ";
  if (answer.body.is_object() && answer.body.contains("errors") &&
      answer.body["errors"].is_array()) {
    text += "Errors:\n\n";
    for (const auto& error : answer.body["errors"])
      if (error.is_string()) text += "* " + error.get<std::string>() + "\n";
  } else {
    text += "Raw Message:\n\n" + answer.text.substr(0, 2000) + "\n";
  }
  return text;
}

std::string curl_string(const ClientOptions& options, std::string_view method,
                        std::string_view path, const std::optional<nlohmann::json>& body) {
  const auto quoted = [](std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
  };
  std::string text = "curl";
  if (method == "LIST" || method == "SCAN" || method != "GET") text += " -X " + std::string(method);
  if (!options.ca_cert.empty()) text += " --cacert " + quoted(options.ca_cert);
  if (options.is_verify_skipped) text += " --insecure";
  text += " -H \"X-Vault-Request: true\" -H \"X-Vault-Token: $(signet print token)\"";
  if (!options.name_space.empty())
    text += " -H " + quoted("X-Vault-Namespace: " + options.name_space);
  if (const std::string ttl = wrapping_of(options, path); !ttl.empty())
    text += " -H " + quoted("X-Vault-Wrap-TTL: " + ttl);
  if (body) text += " -d " + quoted(body->dump());
  return text + " " + options.address + "/v1/" + percent_encode(path, "/");
}

}  // namespace signet::cli
