// SPDX-License-Identifier: Apache-2.0
// What this machine can do at most, measured beside what programs do on it, and what a network asks for.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/threads.h"
#include "model/config.h"

namespace eve {

/// Seconds of a call, by the steady clock.
double seconds_of(const std::function<void()>& work);

/// Samples of one thing, in seconds.
class Samples {
 public:
  void add(double seconds) { seconds_.push_back(seconds); }
  double median() const;
  double best() const;

 private:
  std::vector<double> seconds_;
};

/// The limits of `threads` threads: the best of all samples, so that a share of them is never flattered.
class Limits {
 public:
  /// Reads a buffer of `read_bytes`, rounded up, again and again; 0: memory is not measured.
  Limits(Threads& threads, std::size_t read_bytes);
  /// One sample of each, some milliseconds.
  void measure();

  struct Rate {
    std::string name;
    double operations;  ///< a second: multiplications and additions
  };
  const std::vector<Rate>& arithmetic() const { return arithmetic_; }  ///< the first multiplies fp32
  const Rate& fastest() const;
  double read_bandwidth() const { return bandwidth_; }  ///< bytes a second
  /// Members "arithmetic" and "read_bytes_per_second" of an open object.
  void write(JsonWriter& json) const;

 private:
  Threads& threads_;
  std::vector<std::size_t> rounds_;  // of each loop, for some milliseconds
  std::vector<Rate> arithmetic_;
  std::vector<std::byte> buffer_;
  double bandwidth_ = 0;
};

/// Bytes of the last-level cache; 0 when the system does not say.
std::size_t cache_bytes();

/// Multiplications and additions of a forward pass over `tokens` tokens, `scored` of which go through the head, in
/// sequences with `pairs` pairs of a token and one that it attends to: 2 for each active weight, 4 attn_dim for each
/// pair and layer.
double forward_operations(const Config& config, std::size_t tokens, std::size_t scored, double pairs);
/// Those pairs of one sequence.
double attended_pairs(const Config& config, std::size_t tokens);

/// Digits in groups of three: "1,234".
std::string grouped(std::size_t number);

}  // namespace eve
