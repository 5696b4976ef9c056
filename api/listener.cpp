// SPDX-License-Identifier: Apache-2.0
#include "api/listener.hpp"

#include "api/session.hpp"
#include "api/tls.hpp"
#include "base/log.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

namespace signet::api {
namespace {

using boost::system::error_code;
using tcp = asio::ip::tcp;

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

// "host:port", "[v6]:port", ":port" (all addresses).
std::optional<HostPort> split_address(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  const std::string_view digits = address.substr(colon + 1);
  HostPort out;
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address needs its brackets
  }
  out.host = host;
  return out;
}

Result<tcp::endpoint> resolve(const std::string& address, IoThread& io) {
  const std::optional<HostPort> parts = split_address(address);
  if (!parts)
    return invalid(
        fmt::format("listener address \"{}\" is not HOST:PORT, [IPv6]:PORT or :PORT", address));
  if (parts->host.empty()) return tcp::endpoint(tcp::v6(), parts->port);
  error_code error;
  const auto literal = asio::ip::make_address(parts->host, error);
  if (!error) return tcp::endpoint(literal, parts->port);
  tcp::resolver resolver(io.context);
  const auto found = resolver.resolve(parts->host, "", tcp::resolver::passive, error);
  if (error || found.empty())
    return invalid(
        fmt::format("listener address \"{}\": host name not found ({})", address, error.message()));
  return tcp::endpoint(found.begin()->endpoint().address(), parts->port);
}

std::string remedy(const error_code& error) {
  if (error == asio::error::address_in_use) return "another process uses this port";
  if (error == asio::error::access_denied)
    return "ports below 1024 need root or CAP_NET_BIND_SERVICE";
  if (error.value() == EADDRNOTAVAIL) return "this machine does not have that address";
  return error.message();
}

Result<void> open(Acceptor& acceptor, const tcp::endpoint& endpoint, const std::string& address) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  const bool is_any_v6 =
      !error && endpoint.protocol() == tcp::v6() && endpoint.address().is_unspecified();
  if (is_any_v6) acceptor.set_option(asio::ip::v6_only(false), error);
  if (error == asio::error::address_family_not_supported && endpoint.address().is_unspecified()) {
    const tcp::endpoint any_v4(tcp::v4(), endpoint.port());  // a machine without IPv6
    return open(acceptor, any_v4, address);
  }
  if (!error) acceptor.set_option(tcp::socket::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (error) return invalid(fmt::format("cannot listen on \"{}\": {}", address, remedy(error)));
  return {};
}

std::string url_of(const Acceptor& acceptor, bool is_tls) {
  const tcp::endpoint endpoint = acceptor.local_endpoint();
  const std::string host = endpoint.address().is_unspecified() ? "127.0.0.1"
                           : endpoint.address().is_v6() ? "[" + endpoint.address().to_string() + "]"
                                                        : endpoint.address().to_string();
  return fmt::format("{}://{}:{}", is_tls ? "https" : "http", host, endpoint.port());
}

// Errors that pass by themselves once connections close; the kernel keeps what waits.
bool is_exhaustion(const error_code& error) {
  return error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS ||
         error.value() == ENOMEM;
}

}  // namespace

Result<std::unique_ptr<BoundListener>> bind_listener(const Listener& options, IoThread& io) {
  std::shared_ptr<asio::ssl::context> context;
  if (options.tls) context = TRY(make_tls_context(*options.tls));
  Forwarding forwarding = TRY(Forwarding::make(options.forwarded));
  const tcp::endpoint endpoint = TRY(resolve(options.address, io));
  Acceptor acceptor(io.context);
  TRY(open(acceptor, endpoint, options.address));
  const bool is_tls = context != nullptr;
  auto state = std::make_shared<ListenerState>(options, std::move(forwarding), std::move(context));
  std::string url = url_of(acceptor, is_tls);
  return std::make_unique<BoundListener>(
      BoundListener{std::move(acceptor), std::move(state), std::move(url)});
}

Task<void> accept_connections(Edge* edge, BoundListener* bound) {
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  Timer pause(bound->acceptor.get_executor());
  for (std::size_t turn = 0; bound->acceptor.is_open(); ++turn) {
    IoThread* const io = edge->threads[turn % edge->threads.size()].get();
    Socket socket(io->context);
    co_await bound->acceptor.async_accept(socket, token);
    if (error == asio::error::operation_aborted) co_return;
    if (is_exhaustion(error)) {
      log::warn("connections wait: out of file descriptors or memory",
                {{"error", error.message()}});
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(token);
      continue;
    }
    if (error) continue;  // the peer left before it was accepted
    if (edge->connections.load(std::memory_order_relaxed) >= edge->options.connections) {
      socket.close(error);
      continue;
    }
    const tcp::no_delay no_delay(true);
    socket.set_option(no_delay, error);
    edge->connections.fetch_add(1, std::memory_order_relaxed);
    auto session = serve(edge, io, std::move(socket), bound->state);
    asio::co_spawn(io->context, std::move(session), asio::detached);
  }
}

}  // namespace signet::api
