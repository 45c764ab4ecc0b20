// SPDX-License-Identifier: Apache-2.0
// A pool of threads that runs one parallel loop at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

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

  /// Calls fn(begin, end) on disjoint ranges that cover [0, n): at most one range a thread, split evenly and
  /// always the same way for the same n and count, each a multiple of `grain` (the last excepted).
  /// Returns when all are done; the first exception is rethrown. Not reentrant: fn must not call parallel_for.
  void parallel_for(std::size_t n, std::size_t grain, const std::function<void(std::size_t, std::size_t)>& fn);

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace eve
