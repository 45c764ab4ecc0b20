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
      for (std::size_t i = 1; i < count; ++i) workers.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      stop();
      throw Error(Status::kSystem, "cannot start " + std::to_string(count) + " threads: use fewer (--threads)");
    }
  }

  ~Pool() { stop(); }

  void stop() {
    stopping.store(true, std::memory_order_relaxed);
    start();
    for (std::thread& worker : workers) worker.join();
    workers.clear();
  }

  void start() {
    round.fetch_add(1, std::memory_order_release);
    round.notify_all();
  }

  /// Runs parts of the loop of this round as long as there are any. Parts are claimed, so that a thread that the system
  /// has set aside keeps nobody waiting, unless it holds one.
  void take_parts(std::uint32_t round) {
    std::uint64_t now = ticket.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(now >> 32) == round && (now & 0xffff) < (now >> 16 & 0xffff)) {
      if (!ticket.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      part(now & 0xffff);
      // The loop's fields stay as they are until this is counted.
      if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) left.notify_one();
      now = ticket.load(std::memory_order_acquire);
    }
  }

  void part(std::size_t index) {
    const std::size_t begin = pieces * index / parts * grain;
    const std::size_t end = std::min(n, pieces * (index + 1) / parts * grain);
    try {
      call(callable, begin, end);
    } catch (...) {
      slots[index].error = std::current_exception();
    }
  }

  void work() {
    for (std::uint32_t seen = 0;;) {
      seen = wait_change(round, seen);
      if (stopping.load(std::memory_order_relaxed)) return;
      take_parts(seen);
    }
  }

  // The loop that runs; written by the caller before `ticket` moves, read by who has claimed a part of it.
  Call call = nullptr;
  void* callable = nullptr;
  std::size_t n = 0, grain = 1, pieces = 0, parts = 0;
  std::vector<Slot> slots;
  alignas(64) std::atomic<std::uint32_t> round{0};   // moves when there is a loop, or the end
  alignas(64) std::atomic<std::uint64_t> ticket{0};  // round, number of parts, next part: 32, 16 and 16 bits
  alignas(64) std::atomic<std::uint32_t> left{0};    // parts that are not done
  std::atomic<bool> stopping{false};
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
  pool.left.store(static_cast<std::uint32_t>(parts), std::memory_order_relaxed);
  const std::uint32_t round = pool.round.load(std::memory_order_relaxed) + 1;
  pool.ticket.store(std::uint64_t{round} << 32 | std::uint64_t{parts} << 16, std::memory_order_release);
  pool.start();
  pool.take_parts(round);
  for (std::uint32_t left; (left = pool.left.load(std::memory_order_acquire)) != 0;) wait_change(pool.left, left);
  std::exception_ptr first;
  for (Pool::Slot& slot : pool.slots) {
    const std::exception_ptr error = std::exchange(slot.error, nullptr);
    if (!first) first = error;
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace eve
