// SPDX-License-Identifier: Apache-2.0
#include "base/io.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/utf8.h"

namespace eve {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

[[noreturn]] void throw_errno(Status status, const char* action, const std::string& path, int error) {
  throw Error(status, std::string("cannot ") + action + " " + printable(path) + ": " + std::strerror(error));
}

/// A descriptor that is closed when it goes.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd > STDERR_FILENO) close(fd);
  }
};

int open_for_reading(const std::string& path, int flags = 0) {
  int fd;
  do fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  while (fd < 0 && errno == EINTR);
  return fd;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

MappedFile::MappedFile(const std::string& path, Status on_missing) {
  const Descriptor file{open_for_reading(path, O_NONBLOCK)};  // a pipe is refused, not waited for
  if (file.fd < 0) throw_errno(on_missing, "open", path, errno);
  struct stat status;
  if (fstat(file.fd, &status) != 0) throw_errno(Status::kSystem, "stat", path, errno);
  if (!S_ISREG(status.st_mode)) throw Error(on_missing, printable(path) + " is not a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* data = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) throw_errno(Status::kSystem, "map", path, errno);
  data_ = static_cast<const std::uint8_t*>(data);
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<std::uint8_t*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::string read_file(const std::string& path, std::size_t limit_bytes) {
  const Descriptor file{path == "-" ? STDIN_FILENO : open_for_reading(path)};
  if (file.fd < 0) throw_errno(Status::kInput, "open", path, errno);
  std::string content;
  struct stat status;
  if (fstat(file.fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
      static_cast<std::size_t>(status.st_size) <= limit_bytes)
    content.reserve(static_cast<std::size_t>(status.st_size) + 1);
  std::string chunk(kBufferBytes, '\0');
  for (;;) {
    const ssize_t got = read(file.fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno(errno == EISDIR ? Status::kInput : Status::kSystem, "read", path, errno);
    if (got == 0) return content;
    if (static_cast<std::size_t>(got) > limit_bytes - content.size())
      throw Error(Status::kInput,
                  printable(path) + " is larger than the limit of " + std::to_string(limit_bytes) + " bytes");
    content.append(chunk, 0, static_cast<std::size_t>(got));
  }
}

void write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw Error(Status::kSystem, std::string("cannot write: ") + std::strerror(errno));
    data.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::fail(const char* action) const { throw_errno(Status::kSystem, action, path_, errno); }

AtomicFile::AtomicFile(const std::string& path, std::optional<mode_t> mode) : path_(path) {
  struct stat target;
  const bool exists = stat(path.c_str(), &target) == 0;
  if (exists && S_ISDIR(target.st_mode)) {
    errno = EISDIR;
    fail("write");
  }
  if (exists && !S_ISREG(target.st_mode)) {
    in_place_ = true;
    fd_ = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd_ < 0) fail("write");
    return;
  }
  if (exists) {
    char* real = realpath(path.c_str(), nullptr);
    if (!real) fail("write");
    path_ = real;
    std::free(real);
  }
  // A file without a name disappears with the process, however it ends. Where there is no such thing, a named one.
  if (access("/proc/self/fd", X_OK) == 0)
    fd_ = open(directory_of(path_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    std::string name = path_ + ".XXXXXX";
    fd_ = mkostemp(name.data(), O_CLOEXEC);
    if (fd_ < 0) fail("write");
    temporary_ = name;
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(fd_, 0666 & ~mask);
  }
  if (!mode && exists) mode = target.st_mode & 07777;
  if (mode && fchmod(fd_, *mode) != 0) fail("set the permissions of");
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t size) {
  size_ += size;
  buffer_.append(static_cast<const char*>(data), size);
  if (buffer_.size() >= kBufferBytes) flush();
}

void AtomicFile::flush() {
  try {
    write_all(fd_, buffer_);
  } catch (const Error& error) {
    throw Error(Status::kSystem,
                printable(path_) + ": " + error.what() + " (" + std::to_string(size_) + " bytes so far)");
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (!in_place_) {
    if (fsync(fd_) != 0) fail("write");
    if (temporary_.empty()) {
      const std::string self = "/proc/self/fd/" + std::to_string(fd_);
      for (unsigned attempt = 0; temporary_.empty(); ++attempt) {
        const std::string name = path_ + "." + std::to_string(getpid()) + "." + std::to_string(attempt);
        if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0)
          temporary_ = name;
        else if (errno != EEXIST)
          fail("write");
      }
    }
  }
  if (close(std::exchange(fd_, -1)) != 0) fail("write");
  if (in_place_) return;
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail("write");
  temporary_.clear();
  const Descriptor directory{open_for_reading(directory_of(path_))};
  if (directory.fd < 0 || (fsync(directory.fd) != 0 && errno != EINVAL)) fail("sync the directory of");
}

std::string printable(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = utf8_at(text, at);
    if (point.value == CodePoint::kInvalid || (point.value < 0x80 && is_unsafe_on_terminal(point.value))) {
      const auto byte = static_cast<std::uint8_t>(text[at]);
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else if (is_unsafe_on_terminal(point.value)) {
      out += "\\u{";
      int shift = 20;
      while (shift > 0 && point.value >> shift == 0) shift -= 4;
      for (; shift >= 0; shift -= 4) out += kHex[point.value >> shift & 15];
      out += '}';
    } else {
      out.append(text, at, point.bytes);
    }
    at += point.bytes;
  }
  return out;
}

}  // namespace eve
