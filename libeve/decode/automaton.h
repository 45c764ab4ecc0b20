// SPDX-License-Identifier: Apache-2.0
// The incremental recogniser of a grammar: a pushdown automaton over bytes whose states are values.
#pragma once

#include <array>
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

  /// What it costs to end a terminal, [automata of the grammar][states]; each state but an accepting one must have a
  /// byte string behind it that lowers the cost (so bytes, and tokens of one spelling). Empty: bytes.
  using Costs = std::vector<std::shared_ptr<const std::vector<std::uint32_t>>>;

  /// `source` may be null when the grammar has no spans (else: no span exists). Spans cost their bytes.
  explicit Automaton(std::shared_ptr<const Grammar> grammar, std::shared_ptr<Source> source = nullptr,
                     Costs costs = {});

  State start() const { return start_; }
  /// The state behind `byte`. Throws kInput when the grammar is ambiguous beyond reason or the text too long to follow.
  State advance(State state, std::uint8_t byte);
  State advance(State state, std::string_view bytes);
  bool accepts(State state) const { return states_[state].accepts; }
  /// True when the text may end here and cannot go on.
  bool is_final(State state) const { return accepts(state) && states_[state].count == 1; }
  /// Lowest cost (bytes, unless given otherwise) from here to an accepting state; kNever: none below kNever.
  std::uint32_t distance(State state) const { return states_[state].distance; }
  std::span<const Entry> entries(State state) const {
    return {entries_.data() + states_[state].first, states_[state].count};
  }
  const Grammar& grammar() const { return *grammar_; }
  std::size_t size() const { return states_.size(); }
  Source* source() { return source_.get(); }

  /// Parts of states, for those who know more about a terminal than its bytes. `rest` is what lies below a top:
  /// resume() gives the state that reads on there, push() puts a top on it, state_of() makes a state of entries.
  State resume(State rest);
  State push(Node node, std::uint32_t at, State rest);
  State state_of(std::vector<Entry> entries) { return intern(entries); }
  std::uint32_t distance(const Entry& entry) const;
  std::uint32_t length(Node node) const { return length_[node]; }  ///< lowest cost of a string of the node

  /// The bytes that may follow, one bit each; a span is taken to go on with any.
  using ByteSet = std::array<std::uint64_t, 4>;
  ByteSet bytes(State state) const;

  /// The only byte that leads on from here, if there is one and the text may not end here; else -1.
  int forced_byte(State state);
  /// A shortest completion, distance(state) bytes; empty when that is more than `limit`. For costs in bytes.
  std::string completion(State state, std::size_t limit);

 private:
  struct Set {
    std::uint32_t first, count, distance;
    bool accepts;
  };
  std::shared_ptr<const Grammar> grammar_;
  std::shared_ptr<Source> source_;
  Costs costs_;
  std::vector<std::uint32_t> length_;  // [nodes] lowest cost
  std::vector<std::uint32_t> tail_;    // [children] lowest cost of this child and those behind it in its sequence
  std::vector<Set> states_;
  std::vector<Entry> entries_;
  std::unordered_multimap<std::uint64_t, State> by_hash_;
  std::unordered_map<std::uint64_t, State> joined_;  // pair of states -> union
  std::unordered_map<State, State> resumed_;         // state below a top -> set of stacks that read next
  // Where bytes lead: of states that read many bytes in a row of 256, of others one by one.
  std::unordered_map<std::uint64_t, State> advanced_;  // state << 8 | byte -> state
  std::vector<std::uint32_t> row_of_;                  // [states] kNoRow, kNarrow, or a row
  std::vector<State> rows_;                            // [rows][256]
  State start_ = kDead;

  State intern(std::vector<Entry>& entries);
  State join(State a, State b, std::size_t depth = 0);
  void enter(Node node, State rest, std::vector<Entry>& out);
  bool is_wide(State state) const;
  State step(State state, std::uint8_t byte);
};

}  // namespace eve
