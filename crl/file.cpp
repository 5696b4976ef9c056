// SPDX-License-Identifier: Apache-2.0
#include "crl/file.hpp"

#include "base/result.hpp"
#include "storage/database.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace signet::crl {
namespace {

[[noreturn]] void file_fault(const char* what) {
  const int code = errno;
  const std::string text =
      std::string("temporary file of a CRL: ") + what + ": " +
      std::strerror(code);  // NOLINT(concurrency-mt-unsafe): glibc's is safe for known codes
  if (code == ENOSPC || code == EDQUOT)
    throw storage::Explained(text,
                             "no CRL can be built: the disk of the server's temporary files "
                             "(TMPDIR) is full. Free some space on it, then it goes on by itself");
  throw Fault(text);
}

std::string folder_or_default(const std::string& folder) {
  if (!folder.empty()) return folder;
  const char* named =
      std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): the environment is not changed
  return named == nullptr || *named == '\0' ? "/tmp" : named;
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& folder) {
  std::string name = folder_or_default(folder) + "/signet-crl.XXXXXX";
  descriptor_ = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) file_fault("cannot be made");
  unlink(name.c_str());  // the name is not needed: nothing is left behind whatever happens
}

TemporaryFile::~TemporaryFile() { close(descriptor_); }

void TemporaryFile::write_at(std::uint64_t offset, BytesView data) {
  while (!data.empty()) {
    const ssize_t written =
        pwrite(descriptor_, data.data(), data.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) file_fault("cannot be written");
    offset += static_cast<std::uint64_t>(written);
    data = data.subspan(static_cast<std::size_t>(written));
  }
}

Bytes TemporaryFile::read_at(std::uint64_t offset, std::size_t size) const {
  Bytes out(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got =
        pread(descriptor_, out.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) file_fault("cannot be read");
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

TemporaryFile::Mapping::Mapping(const TemporaryFile& file, std::uint64_t offset, std::size_t size) {
  if (size == 0) return;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t begin = offset / page * page;
  length_ = static_cast<std::size_t>(offset - begin) + size;
  base_ =
      mmap(nullptr, length_, PROT_READ, MAP_SHARED, file.descriptor_, static_cast<off_t>(begin));
  if (base_ == MAP_FAILED) {
    base_ = nullptr;
    file_fault("cannot be mapped");
  }
  view_ = {static_cast<const std::uint8_t*>(base_) + (offset - begin), size};
}

TemporaryFile::Mapping::~Mapping() {
  if (base_ != nullptr) munmap(base_, length_);
}

StoredObject::StoredObject(std::shared_ptr<TemporaryFile> file, std::uint64_t offset,
                           std::uint64_t size)
    : file_(std::move(file)), offset_(offset), size_(size) {
  hash_ = crypto::sha256(map().view());
}

Bytes StoredObject::read(std::uint64_t offset, std::size_t size) const {
  if (offset >= size_) return {};
  return file_->read_at(offset_ + offset,
                        std::min<std::size_t>(size, static_cast<std::size_t>(size_ - offset)));
}

}  // namespace signet::crl
