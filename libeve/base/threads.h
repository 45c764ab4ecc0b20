// SPDX-License-Identifier: Apache-2.0
// A pool of threads that runs one parallel loop at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace eve {

/// `count` threads, the caller among them. Workers wait briefly spinning, then sleep: a pure spin collapses when
/// a neighbour wants the core. With count 1 no thread is started and everything runs in the caller.
class Threads {
 public:
  /// count 0: the CPUs this process may run on (affinity mask), at most 16.
  explicit Threads(std::size_t count = 0);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  std::size_t count() const;

  /// Calls fn(begin, end) on disjoint ranges that cover [0, n): at most as many as there are threads, split evenly and
  /// always the same way for the same n and count, each a multiple of `grain` (the last excepted).
  /// A thread takes the next range when it is free, so one that is late costs nothing. Returns when all are done; the
  /// first exception is rethrown. Not reentrant: fn must not call parallel_for.
  template <class Function>
  void parallel_for(std::size_t n, std::size_t grain, Function&& fn) {
    using Callable = std::remove_reference_t<Function>;
    run(n, grain, const_cast<void*>(static_cast<const void*>(&fn)),
        [](void* callable, std::size_t begin, std::size_t end) { (*static_cast<Callable*>(callable))(begin, end); });
  }

 private:
  using Call = void (*)(void* callable, std::size_t begin, std::size_t end);
  void run(std::size_t n, std::size_t grain, void* callable, Call call);
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace eve
