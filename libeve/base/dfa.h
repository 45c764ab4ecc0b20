// SPDX-License-Identifier: Apache-2.0
// Deterministic automata over bytes, and what can be made of them.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eve {

struct CodeRange;

/// A set of byte strings. Immutable once made. Every state can reach an accepting one; an empty set has no states.
class Dfa {
 public:
  using State = std::uint32_t;
  static constexpr State kDead = std::numeric_limits<State>::max();  ///< no string goes on from here
  static constexpr State kStart = 0;
  static constexpr std::size_t kMaxStates = 10'000;  ///< of anything but words(); more is refused: kInput
  static constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

  /// The bytes [low, high] lead to `target`.
  struct Edge {
    std::uint8_t low, high;
    State target;
  };

  /// An automaton as its maker sees it: state 0 is the start, edges of a state do not overlap. States that are not
  /// reached or cannot end are dropped, equal ones become one.
  struct Draft {
    std::vector<std::vector<Edge>> edges;  // [states]
    std::vector<std::uint8_t> accepts;     // [states]
  };

  Dfa() = default;  ///< the empty set
  explicit Dfa(Draft draft);

  /// Just these strings, as a tree; any number of them (16 bytes of memory a byte).
  static Dfa words(std::span<const std::string> words);
  /// Valid UTF-8 of min to max code points.
  static Dfa text(std::uint32_t min = 0, std::uint32_t max = kUnlimited);
  /// Valid UTF-8 of min to max of the code points [low, high], ... (as CodeRange of base/nfa.h).
  static Dfa characters(std::span<const CodeRange> allowed, std::uint32_t min = 0, std::uint32_t max = kUnlimited);

  bool empty() const { return accepts_.empty(); }
  std::size_t size() const { return accepts_.size(); }  ///< states
  State next(State state, std::uint8_t byte) const {
    for (std::uint32_t at = first_edge_[state]; at < first_edge_[state + 1]; ++at) {
      if (byte < edges_[at].low) break;
      if (byte <= edges_[at].high) return edges_[at].target;
    }
    return kDead;
  }
  std::span<const Edge> edges(State state) const {  ///< by ascending bytes
    return {edges_.data() + first_edge_[state], edges_.data() + first_edge_[state + 1]};
  }
  bool accepts(State state) const { return accepts_[state] != 0; }
  /// Fewest bytes from here to an accepting state.
  std::uint32_t distance(State state) const { return distance_[state]; }
  bool matches(std::string_view bytes) const;

 private:
  std::vector<std::uint32_t> first_edge_;  // [states + 1]
  std::vector<Edge> edges_;
  std::vector<std::uint8_t> accepts_;
  std::vector<std::uint32_t> distance_;
};

/// Strings of both sets.
Dfa intersection(const Dfa& a, const Dfa& b);
/// Strings of a that are not in b.
Dfa difference(const Dfa& a, const Dfa& b);
/// Strings of either.
Dfa union_of(const Dfa& a, const Dfa& b);
/// The strings as they stand between the quotes of a JSON string, in one spelling: \" \\ \b \f \n \r \t, \u00xx
/// (lower case) for other bytes below 0x20 and for 0x7F, every other byte as it is.
Dfa json_escaped(const Dfa& strings);

}  // namespace eve
