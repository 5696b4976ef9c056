// SPDX-License-Identifier: Apache-2.0
// A TCP proxy before a PostgreSQL that loses what a network can lose.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace signet::test {

class Proxy {
 public:
  enum class Cut {
    none,
    before_commit,  ///< the next COMMIT does not arrive
    after_commit,   ///< the next COMMIT arrives and holds, its answer does not
  };

  /// @param url  postgresql://user@host:port/database with a numeric host
  explicit Proxy(const std::string& url);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  /// The URL through the proxy.
  [[nodiscard]] const std::string& url() const { return url_; }
  /// One connection is cut at the next COMMIT.
  void cut_next(Cut cut) { cut_ = cut; }
  /// After the next cut no connection passes any more.
  void refuse_after_cut() { is_refusing_after_cut_ = true; }
  /// Connections are accepted, and nothing passes.
  void freeze(bool is_frozen) { is_frozen_ = is_frozen; }
  /// Ends all connections; new ones pass.
  void drop_all() { ++epoch_; }
  [[nodiscard]] int cuts() const { return cuts_; }

 private:
  void accept_all();
  void carry(int client);
  bool forward(int from, int to, bool is_from_client, bool& is_cutting);

  std::string url_;
  std::string host_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<Cut> cut_{Cut::none};
  std::atomic<bool> is_refusing_after_cut_{false};
  std::atomic<bool> is_refusing_{false};
  std::atomic<bool> is_frozen_{false};
  std::atomic<bool> is_stopping_{false};
  std::atomic<int> epoch_{0};
  std::atomic<int> cuts_{0};
  std::mutex mutex_;
  std::vector<std::thread> carriers_;
  std::thread acceptor_;
};

}  // namespace signet::test
