// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "eve/error.h"

namespace eve {
namespace {

constexpr std::size_t kMaxDefaultThreads = 16;
constexpr int kSpins = 2000;  // some 20 to 100 microseconds: longer than the gap between two loops of one forward pass

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Waits until `value` is not `old`: spinning first, then asleep.
std::uint32_t wait_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (const std::uint32_t now = value.load(std::memory_order_acquire); now != old) return now;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

std::size_t available_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::max(1u, std::thread::hardware_concurrency());
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace

struct Threads::Pool {
  struct alignas(64) Slot {
    std::exception_ptr error;
  };

  explicit Pool(std::size_t count) : slots(count) {
    try {
      for (std::size_t i = 1; i < count; ++i) workers.emplace_back([this, i] { work(i); });
    } catch (const std::system_error&) {
      stop();
      throw Error(Status::kSystem, "cannot start " + std::to_string(count) + " threads: use fewer (--threads)");
    }
  }

  ~Pool() { stop(); }

  void stop() {
    call = nullptr;
    start();
    for (std::thread& worker : workers) worker.join();
    workers.clear();
  }

  void start() {
    round.fetch_add(1, std::memory_order_release);
    round.notify_all();
  }

  void part(std::size_t index) {
    if (index >= parts) return;
    const std::size_t begin = pieces * index / parts * grain;
    const std::size_t end = std::min(n, pieces * (index + 1) / parts * grain);
    try {
      call(callable, begin, end);
    } catch (...) {
      slots[index].error = std::current_exception();
    }
  }

  void work(std::size_t index) {
    for (std::uint32_t seen = 0;;) {
      seen = wait_change(round, seen);
      if (!call) return;
      part(index);
      if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1) busy.notify_one();
    }
  }

  // The loop that runs; written by the caller before `round` moves, read by the workers after.
  Call call = nullptr;
  void* callable = nullptr;
  std::size_t n = 0, grain = 1, pieces = 0, parts = 0;
  std::vector<Slot> slots;
  alignas(64) std::atomic<std::uint32_t> round{0};
  alignas(64) std::atomic<std::uint32_t> busy{0};
  std::vector<std::thread> workers;
};

Threads::Threads(std::size_t count)
    : pool_(std::make_unique<Pool>(count ? count : std::min(available_cpus(), kMaxDefaultThreads))) {}

Threads::~Threads() = default;

std::size_t Threads::count() const { return pool_->slots.size(); }

void Threads::run(std::size_t n, std::size_t grain, void* callable, Call call) {
  if (n == 0) return;
  Pool& pool = *pool_;
  grain = std::max<std::size_t>(grain, 1);
  const std::size_t pieces = (n - 1) / grain + 1;
  const std::size_t parts = std::min(pieces, count());
  if (parts == 1) return call(callable, 0, n);
  pool.call = call;
  pool.callable = callable;
  pool.n = n;
  pool.grain = grain;
  pool.pieces = pieces;
  pool.parts = parts;
  pool.busy.store(static_cast<std::uint32_t>(count() - 1), std::memory_order_relaxed);
  pool.start();
  pool.part(0);
  for (std::uint32_t left; (left = pool.busy.load(std::memory_order_acquire)) != 0;) wait_change(pool.busy, left);
  std::exception_ptr first;
  for (Pool::Slot& slot : pool.slots) {
    const std::exception_ptr error = std::exchange(slot.error, nullptr);
    if (!first) first = error;
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace eve
