// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace signet::crl {

/// Bytes in an unlinked temporary file, so that a CRL of any size costs no memory. Gone when
/// released or when the process ends. Reading is safe from many threads.
class TemporaryFile {
 public:
  /// @param folder where to make it; empty: TMPDIR or /tmp. @throws Fault when it cannot be
  /// written, storage::Explained when the disk is full
  explicit TemporaryFile(const std::string& folder);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write_at(std::uint64_t offset, BytesView data);
  /// Reads up to `size` octets; fewer only at the end.
  [[nodiscard]] Bytes read_at(std::uint64_t offset, std::size_t size) const;
  /// A read-only mapping of a range; empty view for an empty range. Lives as long as the holder.
  class Mapping {
   public:
    Mapping(const TemporaryFile& file, std::uint64_t offset, std::size_t size);
    ~Mapping();
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    [[nodiscard]] BytesView view() const { return view_; }

   private:
    void* base_ = nullptr;
    std::size_t length_ = 0;
    BytesView view_;
  };

 private:
  int descriptor_ = -1;
};

/// One complete object (a CRL) within a file: what is served and stored.
class StoredObject {
 public:
  StoredObject(std::shared_ptr<TemporaryFile> file, std::uint64_t offset, std::uint64_t size);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Bytes read(std::uint64_t offset, std::size_t size) const;
  [[nodiscard]] const crypto::Sha256& hash() const { return hash_; }  ///< SHA-256 of the whole
  /// All of it, mapped (page cache, not heap).
  [[nodiscard]] TemporaryFile::Mapping map() const {
    return {*file_, offset_, static_cast<std::size_t>(size_)};
  }

 private:
  std::shared_ptr<TemporaryFile> file_;  // shared: streams under way outlive the next publication
  std::uint64_t offset_, size_;
  crypto::Sha256 hash_{};
};

}  // namespace signet::crl
