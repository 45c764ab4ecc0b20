// SPDX-License-Identifier: Apache-2.0
// What the tokens of a vocabulary do inside one terminal, whatever stands around it: found once, used by every mask.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/dfa.h"
#include "decode/token_set.h"
#include "decode/vocabulary.h"

namespace eve {

/// One automaton with one vocabulary. Not thread-safe.
class TerminalTable {
 public:
  TerminalTable(std::shared_ptr<const Dfa> dfa, const Vocabulary& vocabulary);

  /// Tokens of the vocabulary that end a string of the automaton, [states]: those of the completion of fewest bytes, as
  /// few tokens as spell it. Counted in bytes for automata of more than Dfa::kMaxStates states.
  const std::shared_ptr<const std::vector<std::uint32_t>>& costs() const { return costs_; }
  /// True where so many bytes can follow that a table pays.
  bool is_wide(Dfa::State state) const { return wide_[state] != 0; }
  /// True when nothing can follow where a string ends and nothing leads back to the start, so that strings behind each
  /// other are told apart.
  bool is_unit() const { return unit_; }

  /// The tokens from one state on.
  struct Row {
    /// Tokens that end inside, in state `end`, after `units` whole strings (0 unless looped).
    struct Group {
      Dfa::State end;
      std::uint32_t units;
      std::vector<TokenId> tokens;
    };
    /// A trie node that begins behind a whole string: its byte is the first that the automaton does not read.
    struct Exit {
      std::uint32_t node;
      std::uint32_t units;  ///< whole strings before it (1 unless looped)
    };
    std::vector<Group> groups;  ///< by ascending units
    TokenSet all;               ///< of all groups
    std::vector<Exit> exits;
    std::array<std::uint32_t, 257> first_exit;  ///< [bytes + 1] into exits
  };
  /// `looped`: strings may follow each other (for unit automata): a group then also ends where a string does, in the
  /// start state.
  const Row& row(Dfa::State state, bool looped);

 private:
  std::shared_ptr<const Dfa> dfa_;
  const Vocabulary* vocabulary_;
  std::shared_ptr<const std::vector<std::uint32_t>> costs_;
  std::vector<std::uint8_t> wide_;
  bool unit_;
  std::map<std::pair<Dfa::State, bool>, Row> rows_;
};

/// The tables of all automata met with one vocabulary; the oldest go when they are many. Not thread-safe.
class TerminalTables {
 public:
  explicit TerminalTables(std::shared_ptr<const Vocabulary> vocabulary) : vocabulary_(std::move(vocabulary)) {}
  const Vocabulary& vocabulary() const { return *vocabulary_; }
  std::shared_ptr<TerminalTable> of(const std::shared_ptr<const Dfa>& dfa);

 private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::map<const Dfa*, std::shared_ptr<TerminalTable>> tables_;  // a table keeps its automaton alive
  std::vector<const Dfa*> age_;
};

}  // namespace eve
