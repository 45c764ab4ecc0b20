// SPDX-License-Identifier: Apache-2.0
// The incremental recogniser of a grammar: a pushdown automaton over bytes whose states are values.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "decode/grammar.h"
#include "decode/source.h"

namespace eve {

/// A state is the number of a set of stacks. Equal sets have one number, sets share what lies below their tops, and
/// nothing is ever changed: keeping a state is keeping its number. Stacks with the same top are one entry whose rest is
/// again such a set, so nested ambiguity costs no more than its depth. One automaton is used by one thread at a time.
class Automaton {
 public:
  using State = std::uint32_t;
  using Node = Grammar::Node;
  static constexpr State kDead = 0;  ///< nothing leads on from here, and it is no end
  static constexpr std::uint32_t kNever = Grammar::kNever;

  /// The top of a stack. Terminals and spans read bytes in state `at`; below the top, sequences go on with their child
  /// `at`, repeats have had `at` turns. kEnd: the text may end.
  struct Entry {
    Node node;
    std::uint32_t at;
    State rest;
    bool operator==(const Entry&) const = default;
  };
  static constexpr Node kEnd = std::numeric_limits<Node>::max();

  /// `source` may be null when the grammar has no spans (else: no span exists).
  explicit Automaton(std::shared_ptr<const Grammar> grammar, std::shared_ptr<Source> source = nullptr);

  State start() const { return start_; }
  /// The state behind `byte`. Throws kInput when the grammar is ambiguous beyond reason or the text too long to follow.
  State advance(State state, std::uint8_t byte);
  State advance(State state, std::string_view bytes);
  bool accepts(State state) const { return states_[state].accepts; }
  /// True when the text may end here and cannot go on.
  bool is_final(State state) const { return accepts(state) && states_[state].count == 1; }
  /// Fewest bytes from here to an accepting state; kNever: none of less than kNever.
  std::uint32_t distance(State state) const { return states_[state].distance; }
  std::span<const Entry> entries(State state) const {
    return {entries_.data() + states_[state].first, states_[state].count};
  }
  const Grammar& grammar() const { return *grammar_; }
  std::size_t size() const { return states_.size(); }

  /// The only byte that leads on from here, if there is one and the text may not end here; else -1.
  int forced_byte(State state);
  /// Bytes of a shortest completion, distance(state) of them. At most `limit`, else empty.
  std::string completion(State state, std::size_t limit);

 private:
  struct Set {
    std::uint32_t first, count, distance;
    bool accepts;
  };
  std::shared_ptr<const Grammar> grammar_;
  std::shared_ptr<Source> source_;
  std::vector<std::uint32_t> length_;  // [nodes] fewest bytes
  std::vector<std::uint32_t> tail_;    // [children] fewest bytes of this child and those behind it in its sequence
  std::vector<Set> states_;
  std::vector<Entry> entries_;
  std::unordered_multimap<std::uint64_t, State> by_hash_;
  std::unordered_map<std::uint64_t, State> joined_;    // pair of states -> union
  std::unordered_map<State, State> resumed_;           // state below a top -> set of stacks that read next
  std::unordered_map<std::uint64_t, State> advanced_;  // state << 8 | byte -> state
  State start_ = kDead;

  State intern(std::vector<Entry>& entries);
  State push(Node node, std::uint32_t at, State rest);
  State join(State a, State b, std::size_t depth = 0);
  State resume(State rest);
  void enter(Node node, State rest, std::vector<Entry>& out);
  std::uint32_t distance(const Entry& entry);
};

}  // namespace eve
