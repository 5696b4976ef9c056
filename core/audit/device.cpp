// SPDX-License-Identifier: Apache-2.0
#include "core/audit/device.hpp"

#include "base/clock.hpp"
#include "base/waiting.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signet::core {
namespace {

using Instant = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr mode_t default_mode = 0600;

std::string error_text(int code) { return std::generic_category().message(code); }

/// An owned file descriptor.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// Takes all lines and keeps none (for operators who want the pipeline's checks only).
class DiscardDevice final : public AuditDevice {
 public:
  bool write(std::string_view) override { return true; }
  Result<void> open() override { return {}; }
};

/// One writer at a time, waited for until an instant. (std::timed_mutex would do, but
/// ThreadSanitizer does not see how libstdc++ 12 locks one.)
struct Turns {
  std::mutex mutex;
  std::condition_variable ended;
  bool is_taken = false;
};

class Turn {
 public:
  Turn(Turns& turns, Instant until) : turns_(turns) {
    std::unique_lock lock(turns_.mutex);
    const auto is_free = [this] { return !turns_.is_taken; };
    if (until == Instant::max()) {
      turns_.ended.wait(lock, is_free);
      is_mine_ = true;
    } else {
      const WaitScope waits;
      is_mine_ = turns_.ended.wait_until(lock, until, is_free);
    }
    if (is_mine_) turns_.is_taken = true;
  }
  ~Turn() {
    if (!is_mine_) return;
    const std::lock_guard lock(turns_.mutex);
    turns_.is_taken = false;
    turns_.ended.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] bool is_mine() const { return is_mine_; }

 private:
  Turns& turns_;
  bool is_mine_ = false;
};

/// A file, FIFO or standard output. Opened without blocking, so that a FIFO whose reader sleeps
/// costs a request its time limit and not its life; regular files are written with one write(2) a
/// line.
class FileDevice final : public AuditDevice {
 public:
  FileDevice(std::string path, mode_t mode, milliseconds limit)
      : path_(std::move(path)), mode_(mode), limit_(limit) {}

  bool write(std::string_view line) override {
    const Instant until = system_clock().steady() + limit_;
    const Turn turn(turns_, until);
    if (!turn.is_mine()) return false;
    if (!file_.is_open() && !open_locked()) return false;
    if (!is_torn_) return write_locked(line, until);
    // A line that was cut off stays on a line of its own.
    return write_locked("\n" + std::string(line), until);
  }

  Result<void> open() override {
    const Turn turn(turns_, Instant::max());
    return open_locked();
  }

 private:
  Result<void> open_locked() {
    file_ = File();
    is_torn_ = false;
    return path_ == "stdout" ? open_standard_output() : open_path();
  }

  Result<void> refuse(int code) const {
    return invalid(fmt::format("sanity check failed; unable to open \"{}\" for writing: {}", path_,
                               error_text(code)));
  }

  /// A pipe or terminal gets a description of its own, so that not blocking is not forced on
  /// whoever shares it; in a file the position must stay shared, or one writer overwrites the
  /// other.
  Result<void> open_standard_output() {
    struct stat about{};
    File file;
    if (::fstat(STDOUT_FILENO, &about) == 0 && !S_ISREG(about.st_mode))
      file = File(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!file.is_open()) file = File(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!file.is_open()) return refuse(errno);
    file_ = std::move(file);
    return {};
  }

  Result<void> open_path() {
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    File file(::open(path_.c_str(), flags, mode_ == 0 ? default_mode : mode_));
    if (!file.is_open()) return refuse(errno);
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return refuse(errno);
    if (S_ISREG(about.st_mode) && mode_ != 0 && (about.st_mode & 07777U) != mode_ &&
        ::fchmod(file.get(), mode_) != 0)
      return refuse(errno);
    file_ = std::move(file);
    return {};
  }

  bool write_locked(std::string_view line, Instant until) {
    // After a line was refused for lack of a reader, the next ones do not wait: else a hundred
    // requests would stand in line here, each for its whole limit.
    if (is_stuck_) until = system_clock().steady();
    std::size_t written = 0;
    while (written < line.size()) {
      const ssize_t count = ::write(file_.get(), line.data() + written, line.size() - written);
      if (count > 0) {
        written += static_cast<std::size_t>(count);
      } else if (count < 0 && errno == EINTR) {
        continue;
      } else if (count >= 0 || errno != EAGAIN || !wait_for_room(until)) {
        return fail(count < 0 ? errno : EIO, written);
      }
    }
    is_torn_ = false;
    is_stuck_ = false;
    return true;
  }

  bool fail(int code, std::size_t written) {
    if (written > 0) is_torn_ = true;
    is_stuck_ = code == EAGAIN;
    if (code == EPIPE) file_ = File();  // the reader went: the next line looks for a new one
    return false;
  }

  bool wait_for_room(Instant until) const {
    const auto left = std::chrono::ceil<milliseconds>(until - system_clock().steady());
    pollfd about{file_.get(), POLLOUT, 0};
    const WaitScope waits;
    const bool has_room = left.count() > 0 && ::poll(&about, 1, static_cast<int>(left.count())) > 0;
    errno = EAGAIN;
    return has_room;
  }

  const std::string path_;
  const mode_t mode_;
  const milliseconds limit_;
  Turns turns_;
  File file_;
  bool is_torn_ = false;
  bool is_stuck_ = false;
};

std::string option(const std::map<std::string, std::string>& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

/// Octal; execute bits are dropped, 0000 means that the file's mode is left alone.
std::optional<mode_t> parse_mode(std::string_view text) {
  if (text.empty()) return default_mode;
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777) return std::nullopt;
  return static_cast<mode_t>(mode & ~0111U);
}

/// Writing to a FIFO without a reader must be an error of the call, not the end of the process.
void ignore_broken_pipes() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction now{};
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
      ::signal(SIGPIPE, SIG_IGN);
  });
}

}  // namespace

Result<std::unique_ptr<AuditDevice>> make_audit_device(
    std::string_view type, const std::map<std::string, std::string>& options, milliseconds limit) {
  if (type == "syslog" || type == "socket" || type == "http")
    return invalid(
        fmt::format("audit device type \"{}\" is not available yet: use \"file\"", type));
  if (type != "file") return invalid(fmt::format("unknown backend type: \"{}\"", type));
  std::string path = option(options, "file_path");
  if (path.empty()) path = option(options, "path");
  if (path.empty()) return invalid("file_path is required");
  const std::optional<mode_t> mode = parse_mode(option(options, "mode"));
  if (!mode) return invalid("mode is not an octal file mode");
  if (path == "discard") return std::unique_ptr<AuditDevice>(std::make_unique<DiscardDevice>());
  ignore_broken_pipes();
  return std::unique_ptr<AuditDevice>(std::make_unique<FileDevice>(std::move(path), *mode, limit));
}

}  // namespace signet::core
