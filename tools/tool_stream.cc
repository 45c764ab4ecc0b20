// SPDX-License-Identifier: Apache-2.0
// Records in, results out.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/utf8.h"
#include "tool.h"

namespace eve {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;

void say_that_stdin_is_read(const Run& run) {
  if (isatty(STDIN_FILENO)) run.note("reading from the terminal; end with Ctrl-D (--help shows more)");
}

}  // namespace

void Output::end_record(bool terminated) {
  if (terminated) buffer_ += terminator_;
  complete_ = buffer_.size();
  if (complete_ >= kChunkBytes) flush();
}

bool Output::is_terminal() const { return !file_ && isatty(STDOUT_FILENO); }

void Output::flush() {
  if (complete_ == 0) return;
  const std::string_view ready(buffer_.data(), complete_);
  if (file_)
    file_->write(ready);
  else
    write_all(STDOUT_FILENO, ready);
  buffer_.erase(0, complete_);
  complete_ = 0;
}

void Output::commit() {
  complete_ = buffer_.size();
  flush();
  if (file_) {
    file_->commit();
    file_.reset();
    return;
  }
  // A network file system reports a lost write only here; a stdout that was closed from the start matters only to a
  // write.
  if (close(STDOUT_FILENO) != 0 && errno != EBADF && errno != EINTR)
    throw Error(Status::kSystem, std::string("cannot write: ") + std::strerror(errno));
}

std::string Run::read(const std::string& path) const {
  if (path == "-") say_that_stdin_is_read(*this);
  return read_file(path, max_input);
}

Records::Records(Run& run, std::vector<std::string> files) : run_(run), files_(std::move(files)) {
  if (files_.empty()) files_.push_back("-");
}

Records::~Records() {
  if (fd_ > STDERR_FILENO) close(fd_);
}

bool Records::open_next() {
  if (fd_ > STDERR_FILENO) close(fd_);
  fd_ = -1;
  if (next_file_ == files_.size()) return false;
  const std::string& path = files_[next_file_++];
  ended_ = false;
  if (path == "-") {
    name_ = "stdin";
    fd_ = STDIN_FILENO;
    say_that_stdin_is_read(run_);
    return true;
  }
  name_ = printable(path);
  fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw Error(Status::kInput, "cannot open " + name_ + ": " + std::strerror(errno));
  return true;
}

bool Records::find_end(std::size_t& end) {
  const char terminator = run_.nul ? '\0' : '\n';
  end = buffer_.find(terminator, searched_);
  if (end == std::string::npos) {
    searched_ = end = buffer_.size();
    return false;
  }
  searched_ = end;
  return true;
}

/// Reads once more; false when there is nothing to read now (not `wait`) or the file has ended.
bool Records::fill(bool wait) {
  if (fd_ < 0 || ended_) return false;
  pollfd input = {fd_, POLLIN, 0};
  if (poll(&input, 1, 0) == 0) {
    if (!wait) return false;
    run_.out.flush();
  }
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const std::size_t size = buffer_.size();
  buffer_.resize(size + kChunkBytes);
  ssize_t got;
  do got = ::read(fd_, buffer_.data() + size, kChunkBytes);
  while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
  if (got < 0)
    throw Error(error == EISDIR ? Status::kInput : Status::kSystem,
                "cannot read " + name_ + ": " + std::strerror(error));
  ended_ = got == 0;
  return true;
}

bool Records::next(std::string& record) {
  if (fd_ < 0 && !open_next()) return false;
  for (std::size_t end;;) {
    const bool found = find_end(end);
    if (end - begin_ > run_.max_input)
      throw Error(Status::kInput, name_ + ": record " + std::to_string(count_ + 1) + " is larger than --max-input (" +
                                      std::to_string(run_.max_input) + " bytes)");
    if (found || (ended_ && begin_ < buffer_.size())) {
      record.assign(buffer_, begin_, end - begin_);
      terminated_ = found;
      begin_ = searched_ = found ? end + 1 : end;
      ++count_;
      return true;
    }
    if (ended_) {
      if (!open_next()) return false;
      continue;
    }
    fill(true);
  }
}

bool Records::ready() {
  for (std::size_t end;;) {
    if (find_end(end) || ended_ || fd_ < 0) return true;
    if (end - begin_ > run_.max_input) return true;
    if (!fill(false)) return ended_;
  }
}

bool Records::may_join() {
  if (!ready()) return false;
  std::size_t end;
  find_end(end);
  return end - begin_ <= run_.max_input &&
         utf8_error(std::string_view(buffer_).substr(begin_, end - begin_)) == std::string_view::npos;
}

}  // namespace eve
