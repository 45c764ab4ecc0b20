// SPDX-License-Identifier: Apache-2.0
// The processes of one training run. Without MPI there is one.
#pragma once

#include <cstddef>

namespace eve {

/// Starts MPI on construction and ends it on destruction when built with EVE_MPI; make one in main().
class Ranks {
 public:
  Ranks();
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  std::size_t rank() const { return rank_; }
  std::size_t size() const { return size_; }
  /// Replaces values by their sums over all ranks. The only place where processes talk.
  void sum(float* values, std::size_t n) const;
  void sum(double* values, std::size_t n) const;

 private:
  std::size_t rank_ = 0, size_ = 1;
};

}  // namespace eve
