// SPDX-License-Identifier: Apache-2.0
// The edge on a loopback port with handlers of the test's own.
#include "api/server.hpp"

#include "crypto/digest.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signet::api {
namespace {

using core::Json;
using core::Outcome;
using core::Request;
using core::Response;

// A blocking client connection.
class Client {
 public:
  explicit Client(const std::string& url) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const auto port = std::stoi(url.substr(url.rfind(':') + 1));
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(socket_); }

  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] bool is_connected() const { return is_connected_; }
  void send(std::string_view text) const {
    ASSERT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Until the peer closes.
  [[nodiscard]] std::string rest() const {
    std::string out;
    char piece[4096];
    for (ssize_t count = 0; (count = ::recv(socket_, piece, sizeof piece, 0)) > 0;)
      out.append(piece, static_cast<std::size_t>(count));
    return out;
  }
  // Until the text has come.
  [[nodiscard]] std::string until(std::string_view end) const {
    std::string out;
    char byte = 0;
    while (out.find(end) == std::string::npos && ::recv(socket_, &byte, 1, 0) == 1) out += byte;
    return out;
  }

 private:
  int socket_;
  bool is_connected_ = false;
};

// Lets handlers wait for the test.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
  }
  void wait_for_visitors(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool is_open_ = false;
};

class Countdown : public core::Chunks {
 public:
  bool next(Bytes& out) override {
    if (left_ == 0) return false;
    out = to_bytes(std::string(static_cast<std::size_t>(left_--), 'x'));
    return true;
  }

 private:
  int left_ = 3;
};

Outcome echo(Request& request) {
  Outcome outcome;
  outcome.request_id = request.id;
  if (request.path == "stream") {
    outcome.response.raw = core::RawBody{"text/plain", nullptr};
    outcome.response.stream = std::make_unique<Countdown>();
  } else if (request.path == "throws") {
    throw Fault("secret detail");
  } else {
    outcome.response = Response::plain(
        {{"path", request.path}, {"data", request.data}, {"ip", request.remote_address}});
  }
  return outcome;
}

class Edge : public testing::Test {
 protected:
  void start(ServerOptions options = {}, Limits limits = {}) {
    Handlers handlers;
    handlers.run = [this](Request& request) {
      if (request.path == "wait") gate_.wait();
      if (request.path == "pause" && !pause_->is_open()) {
        request.pause.gate = pause_;
        ++pauses_;
        return Outcome();
      }
      return echo(request);
    };
    handlers.try_inplace = [](Request& request) -> std::optional<Outcome> {
      if (!request.path.starts_with("fast")) return std::nullopt;
      return echo(request);
    };
    server_ = std::make_unique<HttpServer>(std::move(handlers), system_clock(),
                                           crypto::system_random(), options);
    Listener listener;
    listener.address = "127.0.0.1:0";
    listener.limits = limits;
    const auto started = server_->start({listener});
    ASSERT_TRUE(started) << started.error().message;
    url_ = server_->addresses().front();
  }
  void TearDown() override {
    gate_.open();
    if (server_) server_->stop(Seconds(5));
  }
  [[nodiscard]] std::string ask(std::string_view method, std::string_view path,
                                std::string_view body = {}) const {
    const Client client(url_);
    client.send(std::string(method) + " /v1/" + std::string(path) +
                " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    return client.rest();
  }

  Gate gate_;
  std::shared_ptr<signet::Gate> pause_ = std::make_shared<signet::Gate>();
  std::atomic<int> pauses_ = 0;
  std::unique_ptr<HttpServer> server_;
  std::string url_;
};

TEST_F(Edge, AnswersInPlaceAndOnWorkers) {
  start();
  const std::string inplace = ask("GET", "fast/a?x=1");
  EXPECT_NE(inplace.find(R"({"data":{"x":"1"},"ip":"127.0.0.1","path":"fast/a"})"),
            std::string::npos);
  EXPECT_NE(ask("POST", "slow/a", R"({"k":[1]})").find(R"("data":{"k":[1]})"), std::string::npos);
}

TEST_F(Edge, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  start();
  const Client client(url_);
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += "GET /v1/" + std::string(i % 2 == 0 ? "fast" : "slow") + std::to_string(i) +
           " HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(all + "GET /v1/last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answers = client.rest();
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find((i % 2 == 0 ? "fast" : "slow") + std::to_string(i) + "\"", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(Edge, StreamsInChunks) {
  start();
  EXPECT_TRUE(ask("GET", "stream").ends_with("\r\n\r\n3\r\nxxx\r\n2\r\nxx\r\n1\r\nx\r\n0\r\n\r\n"));
}

TEST_F(Edge, HidesWhatAFaultSays) {
  start();
  const std::string answer = ask("GET", "throws");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
  EXPECT_NE(answer.find("internal error"), std::string::npos);
  EXPECT_NE(answer.find("X-Request-Id: "), std::string::npos);
  EXPECT_EQ(answer.find("secret"), std::string::npos);
}

TEST_F(Edge, ShedsWhatNoWorkerCanTakeAndStillAnswersInPlace) {
  ServerOptions options;
  options.workers = 1;
  options.queue = 1;
  start(options);
  const std::string_view request = "GET /v1/wait HTTP/1.1\r\nHost: h\r\n\r\n";
  const Client working(url_);
  working.send(request);
  gate_.wait_for_visitors(1);
  // One of the next two waits in the queue, the other is refused.
  const Client one(url_);
  const Client other(url_);
  one.send(request);
  other.send(request);
  pollfd answered[] = {{one.socket(), POLLIN, 0}, {other.socket(), POLLIN, 0}};
  ASSERT_EQ(::poll(answered, 2, 20'000), 1);
  const std::string answer = (answered[0].revents != 0 ? one : other).until("}");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(ask("GET", "fast").starts_with("HTTP/1.1 200 "));
}

TEST_F(Edge, WhatPausesHoldsNoWorker) {
  ServerOptions options;
  options.workers = 1;
  start(options);
  constexpr int paused = 20;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < paused; ++i) {
    clients.push_back(std::make_unique<Client>(url_));
    clients.back()->send("GET /v1/pause HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  }
  while (pauses_ < paused) std::this_thread::yield();
  EXPECT_TRUE(ask("GET", "slow").starts_with("HTTP/1.1 200 "));
  pause_->open();
  for (const auto& client : clients) {
    const std::string answer = client->rest();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    EXPECT_NE(answer.find(R"("path":"pause")"), std::string::npos) << answer;
  }
  EXPECT_EQ(pauses_, paused);
}

TEST_F(Edge, APauseEndsAtTheDeadline) {
  Limits limits;
  limits.request_duration = Seconds(1);
  start({}, limits);
  const std::string answer = ask("GET", "pause");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos) << answer;
}

TEST_F(Edge, AServerStopsAlthoughARequestPauses) {
  start();
  const Client client(url_);
  client.send("GET /v1/pause HTTP/1.1\r\nHost: h\r\n\r\n");
  while (pauses_ < 1) std::this_thread::yield();
  server_->stop(Seconds(0));
  server_.reset();
  pause_->open();  // nobody listens any more
}

TEST_F(Edge, RefusesLargeBodiesBeforeReadingThem) {
  Limits limits;
  limits.body_bytes = 10;
  start({}, limits);
  const Client client(url_);
  client.send("POST /v1/a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  const std::string answer = client.until("}");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_NE(answer.find("http: request body too large"), std::string::npos);
}

TEST_F(Edge, DrainsRequestsAndClosesIdleConnections) {
  start();
  const Client busy(url_);
  busy.send("GET /v1/wait HTTP/1.1\r\nHost: h\r\n\r\n");
  gate_.wait_for_visitors(1);
  const Client idle(url_);
  idle.send("GET /v1/fast HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(idle.until("}\n").empty());
  auto stopped = std::async(std::launch::async, [this] { server_->stop(Seconds(20)); });
  EXPECT_EQ(idle.rest(), "");
  while (Client(url_).is_connected()) std::this_thread::yield();
  gate_.open();
  const std::string answer = busy.rest();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  stopped.get();
}

TEST_F(Edge, RefusesAddressesThatItCannotServe) {
  HttpServer server({}, system_clock(), crypto::system_random(), {});
  for (const char* address :
       {"127.0.0.1", "127.0.0.1:x", "::1:80", "127.0.0.1:99999", "192.0.2.1:0"}) {
    Listener listener;
    listener.address = address;
    EXPECT_FALSE(server.start({listener})) << address;
  }
  start();
  Listener taken;
  taken.address = url_.substr(std::string_view("http://").size());
  const auto started = server.start({taken});
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("another process uses this port"), std::string::npos);
}

}  // namespace
}  // namespace signet::api
