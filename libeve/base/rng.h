// SPDX-License-Identifier: Apache-2.0
// Seeded random numbers, equal on every machine: xoshiro256** seeded by splitmix64 (Blackman and Vigna,
// https://prng.di.unimi.it). The standard library's distributions differ between implementations.
#pragma once

#include <array>
#include <cstdint>

namespace eve {

class Rng {
 public:
  explicit Rng(std::uint64_t seed);
  std::uint64_t next();                  ///< 64 random bits
  double uniform();                      ///< [0, 1), 53 bits
  double normal();                       ///< mean 0, variance 1 (Box-Muller, no cached half)
  std::uint64_t below(std::uint64_t n);  ///< unbiased in [0, n); n > 0
  using State = std::array<std::uint64_t, 4>;
  const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  State state_;
};

}  // namespace eve
