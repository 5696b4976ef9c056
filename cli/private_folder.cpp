// SPDX-License-Identifier: Apache-2.0
#include "cli/private_folder.hpp"

#include "base/log.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signet::cli {
namespace {

constexpr std::string_view prefix = "signet-dev-";
constexpr std::size_t random_part = 6;
constexpr const char* lock_name = "lock";

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

bool is_our_name(std::string_view name) {
  if (!name.starts_with(prefix) || name.size() != prefix.size() + random_part) return false;
  name.remove_prefix(prefix.size());
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

/// Names in an open folder, without "." and "..".
std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return names;
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(copy), close);
  if (stream == nullptr) {
    ::close(copy);
    return names;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's alone
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

bool is_ours(int descriptor, mode_t type) {
  struct stat about{};
  return ::fstat(descriptor, &about) == 0 && (about.st_mode & S_IFMT) == type &&
         about.st_uid == ::geteuid() && (about.st_mode & 077U) == 0;
}

/// By open folders only: a name that is exchanged meanwhile leads nowhere else.
void remove_if_abandoned(int parent, const std::string& name) {
  const Descriptor folder(
      ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open() || !is_ours(folder.get(), S_IFDIR)) return;
  const Descriptor lock(
      ::openat(folder.get(), lock_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!lock.is_open() || !is_ours(lock.get(), S_IFREG)) return;
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  for (const std::string& file : names_in(folder.get())) {
    // The lock goes last: what cannot be removed now is found again at the next start.
    if (file != lock_name) ::unlinkat(folder.get(), file.c_str(), 0);
  }
  const std::vector<std::string> left = names_in(folder.get());
  if (left.size() == 1 && ::unlinkat(folder.get(), lock_name, 0) == 0 &&
      ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) {
    log::info("removed what a killed -dev server left", {{"folder", name}});
  } else {
    log::warn("what a killed -dev server left cannot be removed", {{"folder", name}});
  }
}

/// Locked before it has its name: who finds it free knows that its owner is gone.
int make_lock(int folder) {
  constexpr const char* first_name = "lock.new";
  Descriptor lock(::openat(folder, first_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!lock.is_open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 ||
      ::renameat(folder, first_name, folder, lock_name) != 0)
    return -1;
  return lock.release();
}

}  // namespace

PrivateFolder::PrivateFolder() {
  std::error_code error;
  std::string name =
      (std::filesystem::temp_directory_path(error) / (std::string(prefix) + "XXXXXX")).string();
  if (error || mkdtemp(name.data()) == nullptr)  // mode 0700
    throw Fault("no temporary folder: set TMPDIR to one that can be written");
  path_ = std::move(name);
  const Descriptor folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  lock_ = make_lock(folder.get());
  if (lock_ >= 0) return;
  std::filesystem::remove_all(path_, error);
  throw Fault("the temporary folder cannot be written: set TMPDIR to one with room");
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  ::close(lock_);
}

void PrivateFolder::remove_abandoned() {
  std::error_code error;
  const std::filesystem::path below = std::filesystem::temp_directory_path(error);
  if (error) return;
  const Descriptor parent(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.is_open()) return;
  for (const std::string& name : names_in(parent.get()))
    if (is_our_name(name)) remove_if_abandoned(parent.get(), name);
}

}  // namespace signet::cli
