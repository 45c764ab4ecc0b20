// SPDX-License-Identifier: Apache-2.0
// Nondeterministic automata over bytes, from which deterministic ones are made.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/dfa.h"

namespace eve {

/// Code points [low, high].
struct CodeRange {
  std::uint32_t low, high;
};

/// Sorted, without overlaps, without surrogates and nothing above U+10FFFF.
std::vector<CodeRange> normalised(std::vector<CodeRange> ranges);
/// Every other scalar value.
std::vector<CodeRange> complement(std::span<const CodeRange> normalised_ranges);

/// States joined by byte ranges, by nothing, or by an assertion.
class Nfa {
 public:
  using State = std::uint32_t;
  static constexpr std::size_t kMaxStates = 200'000;
  enum class When : std::uint8_t { kAlways, kAtStart, kAtEnd };

  State add();  ///< throws kInput above kMaxStates
  void join(State from, State to, When when = When::kAlways);
  void join(State from, State to, std::uint8_t low, std::uint8_t high);
  /// The UTF-8 forms of the code points of normalised ranges.
  void join(State from, State to, std::span<const CodeRange> ranges);

  /// Strings that lead from `from` to `to`. Throws kInput when that takes too many states or too much work.
  Dfa determinise(State from, State to) const;

 private:
  struct Free {
    State to;
    When when;
  };
  struct Node {
    std::vector<Free> free;
    std::vector<Dfa::Edge> edges;
  };
  std::vector<Node> nodes_;

  void close(std::vector<State>& states, bool at_start, bool at_end, std::vector<std::uint8_t>& seen) const;
};

}  // namespace eve
