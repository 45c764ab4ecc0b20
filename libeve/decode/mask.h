// SPDX-License-Identifier: Apache-2.0
// Which tokens may come next: a vocabulary's trie walked with an automaton, and tables where the walk would be long.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "decode/automaton.h"
#include "decode/terminal_table.h"
#include "decode/token_set.h"

namespace eve {

/// Masks of the states of one automaton whose costs are those of the tables (counted in tokens).
class Masks {
 public:
  Masks(Automaton& automaton, std::shared_ptr<TerminalTables> tables);

  /// Adds to `allowed` the tokens that lead from `state` to one of distance at most `limit`.
  void add(Automaton::State state, std::uint32_t limit, TokenSet& allowed);
  /// True when some token that begins with the bytes of trie node `node` and is longer may come: `state` is behind
  /// them.
  bool goes_on(std::uint32_t node, Automaton::State state);

  static Automaton::Costs costs(const Grammar& grammar, TerminalTables& tables);

 private:
  using State = Automaton::State;
  using Entry = Automaton::Entry;
  struct Known {
    TokenSet tokens;
    std::uint32_t farthest;  // largest distance behind a token
  };
  /// The tokens from one state of a span on, as TerminalTable::Row.
  struct SpanRow {
    std::vector<std::pair<TokenId, std::uint32_t>> tokens;  // and the bytes from there to the end of the span
    std::vector<std::uint32_t> exits;                       // trie nodes behind a whole span, by byte
    std::array<std::uint32_t, 257> first_exit;
  };
  Automaton& automaton_;
  std::shared_ptr<TerminalTables> tables_;
  const Vocabulary& vocabulary_;
  std::vector<std::shared_ptr<TerminalTable>> of_dfa_;
  std::unordered_map<State, Known> known_;
  std::unordered_map<std::uint64_t, SpanRow> span_rows_;  // node << 32 | state

  // Of the mask that is being made.
  TokenSet* out_ = nullptr;
  std::uint32_t limit_ = 0, farthest_ = 0;

  void make(State state);
  void take(std::uint32_t node, std::uint32_t distance);
  void walk(std::uint32_t first, std::uint32_t end, State state);
  void leave(std::uint32_t node, State state);
  void add_terminal(const Entry& entry, TerminalTable& table);
  bool add_looped(const Entry& entry, TerminalTable& table);
  void add_span(const Entry& entry);
  const SpanRow& span_row(const Entry& entry);
};

}  // namespace eve
