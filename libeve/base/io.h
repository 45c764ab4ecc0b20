// SPDX-License-Identifier: Apache-2.0
// Files: mapped reading, whole reading with a limit, atomic writing, complete writes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "eve/error.h"

namespace eve {

/// A file mapped read-only for the lifetime of the object. Movable, not copyable.
/// The file must not be changed in place while mapped (replace it by rename): a file
/// that is cut short raises SIGBUS on access; tools report that as a damaged model.
class MappedFile {
 public:
  /// Throws Error(on_missing) when the file cannot be opened and kSystem when it cannot be mapped.
  explicit MappedFile(const std::string& path, Status on_missing = Status::kModel);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  Bytes bytes() const { return {data_, size_}; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Whole content of a file ("-" is stdin). Throws kInput when it is larger than limit_bytes or
/// missing, kSystem when reading fails.
std::string read_file(const std::string& path, std::size_t limit_bytes);

/// Writes all of `data` to `fd`, through short writes and EINTR. Throws kSystem (a lost write is never silent).
void write_all(int fd, std::string_view data);

/// A file that appears whole or not at all: temporary in the same directory, fsync, rename, fsync of the
/// directory. Destroyed without commit(), it leaves nothing behind. All members throw kSystem.
/// Without a `mode` an existing target keeps its permissions; through a symbolic link its target is replaced; a target
/// that is not a regular file (a device, a pipe) is written in place.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path, std::optional<mode_t> mode = std::nullopt);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  std::uint64_t size() const { return size_; }  ///< bytes written so far
  void commit();

 private:
  std::string path_, temporary_;  // temporary_ is empty while the file has no name
  bool in_place_ = false;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::string buffer_;
  void flush();
  [[noreturn]] void fail(const char* action) const;
};

/// `text` with what is unsafe on a terminal (base/utf8.h) and invalid UTF-8 written as \xNN or \u{N}, for messages.
std::string printable(std::string_view text);

}  // namespace eve
