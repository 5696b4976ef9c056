// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "base/result.hpp"
#include "crypto/key.hpp"
#include "crypto/key_handle.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace signet::crypto {
namespace {
constexpr int pooled_bits = 2048;
constexpr std::size_t most_ready = 64;
}  // namespace

struct RsaPool::State {
  explicit State(std::size_t ready_target) : target(std::min(ready_target, most_ready)) {}

  void run() {
    // Keys are made in time that nothing else wants. Linux has priorities by thread.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19);
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stop.load() || ready.size() < target; });
      if (stop) return;
      lock.unlock();
      KeyHandle handle;
      try {
        handle = generate_rsa_key(pooled_bits, &stop);
      } catch (const Fault& fault) {
        // take() meets the same fault and reports it to its caller; here it ends the thread.
        log::error("rsa key generation failed", {{"error", fault.what()}});
        return;
      }
      lock.lock();
      if (handle) ready.push_back(std::move(handle));
    }
  }

  const std::size_t target;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<KeyHandle> ready;
  std::atomic<bool> stop = false;
  std::thread thread;
};

RsaPool::RsaPool(std::size_t ready_2048) : state_(std::make_unique<State>(ready_2048)) {}

RsaPool::~RsaPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

PrivateKey RsaPool::take(int bits) {
  const KeySpec spec{KeyType::rsa, bits};
  if (bits != pooled_bits || state_->target == 0) return PrivateKey::generate(spec);
  KeyHandle handle;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->thread.joinable()) {
      State* const state = state_.get();
      state_->thread = std::thread([state] { state->run(); });
    }
    if (!state_->ready.empty()) {
      handle = std::move(state_->ready.front());
      state_->ready.pop_front();
    }
  }
  state_->wake.notify_one();
  return handle ? PrivateKey::of_generated(spec, std::move(handle)) : PrivateKey::generate(spec);
}

}  // namespace signet::crypto
