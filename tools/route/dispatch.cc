// SPDX-License-Identifier: Apache-2.0
#include "route/dispatch.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/io.h"
#include "eve/error.h"

extern char** environ;

namespace eve::route {

namespace {

constexpr std::array kTools = {"commit", "extract", "func", "pii", "prompt", "route", "sql", "summarize"};

[[noreturn]] void fail(const char* action) {
  throw Error(Status::kSystem, std::string(action) + ": " + std::strerror(errno));
}

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() { close(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

}  // namespace

std::vector<std::string> command_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool more = i + 1 < line.size();
    if (quote == 0 && (c == ' ' || c == '\t')) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (c == quote && quote != 0)
      quote = 0;
    else if (c == '\\' && more && (quote == 0 || (quote == '"' && (line[i + 1] == '"' || line[i + 1] == '\\'))))
      word += line[++i];
    else
      word += c;
  }
  if (quote != 0) throw Error(Status::kInput, "--exec: a quote is not closed");
  if (in_word) words.push_back(std::move(word));
  if (words.empty() || words[0].empty()) throw Error(Status::kInput, "--exec takes LABEL=COMMAND");
  return words;
}

int run_command(const std::vector<std::string>& words, std::string_view message, std::string& out) {
  // The message lies in memory as a file: the command may read all, some or nothing of it, and none waits for another.
  Fd input(memfd_create("message", MFD_CLOEXEC));
  if (input.get() < 0) fail("cannot hold a message for a command");
  write_all(input.get(), std::string(message) + "\n");
  if (lseek(input.get(), 0, SEEK_SET) != 0) fail("cannot hold a message for a command");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  Fd from(ends[0]), to(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, to.get(), 1);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT || error == EACCES || error == ENOEXEC) return 127;
  if (error != 0) {
    errno = error;
    fail("cannot start a command");
  }
  to.close();
  char buffer[1 << 16];
  for (ssize_t n; (n = read(from.get(), buffer, sizeof buffer)) != 0;) {
    if (n > 0)
      out.append(buffer, static_cast<std::size_t>(n));
    else if (errno != EINTR)
      break;
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) fail("cannot wait for a command");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Dispatch::add(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == 0 || equals == assignment.npos) throw Error(Status::kInput, "--exec takes LABEL=COMMAND");
  commands_.insert_or_assign(std::string(assignment.substr(0, equals)), command_words(assignment.substr(equals + 1)));
}

void Dispatch::add_tools(const std::vector<std::string>& labels) {
  for (const std::string& label : labels) {
    const std::string name = label.substr(label.rfind('/') + 1);
    if (std::find(kTools.begin(), kTools.end(), name) != kTools.end() && !commands_.contains(label))
      commands_[label] = {"eve-" + name};
  }
}

const std::vector<std::string>* Dispatch::find(std::string_view label) const {
  while (true) {
    const auto it = commands_.find(label);
    if (it != commands_.end()) return &it->second;
    const std::size_t slash = label.rfind('/');
    if (slash == label.npos) return nullptr;
    label = label.substr(0, slash);
  }
}

std::vector<std::string> Dispatch::labels() const {
  std::vector<std::string> out;
  for (const auto& [label, words] : commands_) out.push_back(label);
  return out;
}

}  // namespace eve::route
