// SPDX-License-Identifier: Apache-2.0
// Preloaded into a tool by tests/fault: EVE_FAULT=memory:N makes the N-th allocation of main() and all later ones fail
// (N-th alone with memory1:N), write:N the N-th write; short splits every write and interrupts every other one.
#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

enum class Fault { kNone, kMemory, kMemoryOnce, kWrite, kShort };
Fault g_fault = Fault::kNone;
std::uint64_t g_n = 0, g_allocations = 0, g_writes = 0;

bool fails_now() {
  if (g_fault != Fault::kMemory && g_fault != Fault::kMemoryOnce) return false;
  ++g_allocations;
  return g_fault == Fault::kMemory ? g_allocations >= g_n : g_allocations == g_n;
}

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);

void* malloc(std::size_t size) {
  if (!fails_now()) return __libc_malloc(size);
  errno = ENOMEM;
  return nullptr;
}

// The first thing a tool's main() does after its descriptors: from here on faults count.
sighandler_t signal(int number, sighandler_t handler) {
  if (const char* wanted = std::getenv("EVE_FAULT"); wanted && number == SIGPIPE) {
    if (const char* colon = std::strchr(wanted, ':')) g_n = std::strtoull(colon + 1, nullptr, 10);
    if (std::strncmp(wanted, "memory:", 7) == 0) g_fault = Fault::kMemory;
    if (std::strncmp(wanted, "memory1:", 8) == 0) g_fault = Fault::kMemoryOnce;
    if (std::strncmp(wanted, "write:", 6) == 0) g_fault = Fault::kWrite;
    if (std::strcmp(wanted, "short") == 0) g_fault = Fault::kShort;
  }
  struct sigaction action = {}, old = {};
  action.sa_handler = handler;
  sigaction(number, &action, &old);
  return old.sa_handler;
}

ssize_t write(int fd, const void* data, std::size_t size) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, const void*, std::size_t)>(dlsym(RTLD_NEXT, "write"));
  ++g_writes;
  if (g_fault == Fault::kWrite && g_writes == g_n && fd != STDERR_FILENO) {
    errno = ENOSPC;
    return -1;
  }
  if (g_fault == Fault::kShort) {
    if (g_writes % 2 == 0) {
      errno = EINTR;
      return -1;
    }
    if (size > 7) size = 7;
  }
  return real(fd, data, size);
}
}
