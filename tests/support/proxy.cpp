// SPDX-License-Identifier: Apache-2.0
#include "tests/support/proxy.hpp"

#include "base/result.hpp"

#include <array>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signet::test {
namespace {

constexpr int tick_milliseconds = 20;

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

bool send_all(int to, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(to, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

Proxy::Proxy(const std::string& url) {
  const auto host_at = url.find('@') + 1;
  const auto colon = url.find(':', host_at);
  const auto path_at = url.find('/', colon);
  if (host_at == 0 || colon == url.npos || path_at == url.npos)
    throw Fault("the proxy needs user@host:port/");
  host_ = url.substr(host_at, colon - host_at);
  port_ = static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1, path_at - colon - 1)));
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = address_of("127.0.0.1", 0);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw Fault("the proxy cannot listen");
  }
  url_ = url.substr(0, host_at) + "127.0.0.1:" + std::to_string(ntohs(address.sin_port)) +
         url.substr(path_at);
  acceptor_ = std::thread([this] { accept_all(); });
}

Proxy::~Proxy() {
  is_stopping_ = true;
  acceptor_.join();
  for (std::thread& carrier : carriers_) carrier.join();
  ::close(listener_);
}

void Proxy::accept_all() {
  while (!is_stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, tick_milliseconds) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    if (is_refusing_) {
      ::close(client);
      continue;
    }
    const std::lock_guard lock(mutex_);
    carriers_.emplace_back([this, client] { carry(client); });
  }
}

void Proxy::carry(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = address_of(host_, port_);
  const int epoch = epoch_;
  if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    bool is_cutting = false;
    while (!is_stopping_ && !is_refusing_ && epoch == epoch_) {
      std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
      if (is_frozen_) {
        ::poll(nullptr, 0, tick_milliseconds);
        continue;
      }
      if (::poll(both.data(), both.size(), tick_milliseconds) <= 0) continue;
      if (both[0].revents != 0 && !forward(client, server, true, is_cutting)) break;
      if (both[1].revents != 0 && !forward(server, client, false, is_cutting)) break;
    }
  }
  ::close(server);
  ::close(client);
}

/// @return false to end the connection
bool Proxy::forward(int from, int to, bool is_from_client, bool& is_cutting) {
  std::array<char, 65536> buffer{};
  const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  const std::string_view data(buffer.data(), static_cast<std::size_t>(size));
  const auto count_cut = [&] {
    if (is_refusing_after_cut_) is_refusing_ = true;
    ++cuts_;
  };
  if (is_from_client && data.find(std::string_view("COMMIT\0", 7)) != std::string_view::npos) {
    const Cut cut = cut_.exchange(Cut::none);
    if (cut == Cut::before_commit) {
      count_cut();
      return false;
    }
    is_cutting = cut == Cut::after_commit;
  }
  if (!is_from_client && is_cutting) {  // the server answered: the COMMIT held
    count_cut();
    return false;
  }
  return send_all(to, data);
}

}  // namespace signet::test
