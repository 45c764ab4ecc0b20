// SPDX-License-Identifier: Apache-2.0
#include "decode/mask.h"

#include <algorithm>
#include <bit>

namespace eve {
namespace {

using Kind = Grammar::Kind;

constexpr std::size_t kMaxKnown = 1024;
constexpr std::size_t kMaxSpanRows = 256;

bool has(const Automaton::ByteSet& bytes, std::uint8_t byte) { return (bytes[byte / 64] >> byte % 64 & 1) != 0; }

template <class Fn>
void each_byte(const Automaton::ByteSet& bytes, Fn&& fn) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (std::uint64_t word = bytes[i]; word != 0; word &= word - 1)
      fn(static_cast<std::uint8_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word))));
}

std::size_t count(const Automaton::ByteSet& bytes) {
  std::size_t n = 0;
  for (const std::uint64_t word : bytes) n += static_cast<std::size_t>(std::popcount(word));
  return n;
}

std::uint32_t capped(std::uint64_t distance) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(distance, Automaton::kNever));
}

/// Adds the tokens of the groups that are marked.
void add_groups(const TerminalTable::Row& row, const std::vector<std::uint8_t>& marked, TokenSet& out) {
  if (std::ranges::find(marked, 0) == marked.end()) return out.add(row.all);
  for (std::size_t g = 0; g < row.groups.size(); ++g)
    if (marked[g])
      for (const TokenId id : row.groups[g].tokens) out.add(id);
}

}  // namespace

Automaton::Costs Masks::costs(const Grammar& grammar, TerminalTables& tables) {
  Automaton::Costs out;
  for (std::uint32_t d = 0; d < grammar.dfa_count(); ++d) out.push_back(tables.of(grammar.shared_dfa(d))->costs());
  return out;
}

Masks::Masks(Automaton& automaton, std::shared_ptr<TerminalTables> tables)
    : automaton_(automaton), tables_(std::move(tables)), vocabulary_(tables_->vocabulary()) {
  const Grammar& grammar = automaton.grammar();
  for (std::uint32_t d = 0; d < grammar.dfa_count(); ++d) of_dfa_.push_back(tables_->of(grammar.shared_dfa(d)));
}

void Masks::add(State state, std::uint32_t limit, TokenSet& allowed) {
  const auto known = known_.find(state);
  if (known != known_.end() && known->second.farthest <= limit) return allowed.add(known->second.tokens);
  TokenSet made(vocabulary_.size());
  out_ = &made;
  limit_ = limit;
  farthest_ = 0;
  make(state);
  allowed.add(made);
  if (farthest_ > limit) return;
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.insert_or_assign(state, Known{std::move(made), farthest_});
}

void Masks::make(State state) {
  std::vector<Entry> narrow;
  const std::vector<Entry> entries(automaton_.entries(state).begin(), automaton_.entries(state).end());
  for (const Entry& entry : entries) {
    if (entry.node == Automaton::kEnd) continue;
    const Grammar::Item& item = automaton_.grammar().item(entry.node);
    if (item.kind == Kind::kSpan) {
      add_span(entry);
      continue;
    }
    TerminalTable& table = *of_dfa_[item.a];
    if (!table.is_wide(entry.at))
      narrow.push_back(entry);
    else if (!add_looped(entry, table))
      add_terminal(entry, table);
  }
  if (narrow.empty()) return;
  walk(0, static_cast<std::uint32_t>(vocabulary_.trie().size()),
       narrow.size() == entries.size() ? state : automaton_.state_of(std::move(narrow)));
}

void Masks::take(std::uint32_t node, std::uint32_t distance) {
  const Vocabulary::TrieNode& here = vocabulary_.trie()[node];
  if (here.ids == 0) return;
  farthest_ = std::max(farthest_, distance);
  if (distance <= limit_)
    for (const TokenId id : vocabulary_.ids(here)) out_->add(id);
}

void Masks::leave(std::uint32_t node, State state) {
  take(node, automaton_.distance(state));
  const std::uint32_t end = vocabulary_.trie()[node].end;
  if (node + 1 < end) walk(node + 1, end, state);
}

void Masks::walk(std::uint32_t first, std::uint32_t end, State state) {
  const auto trie = vocabulary_.trie();
  const Automaton::ByteSet bytes = automaton_.bytes(state);
  const auto go = [&](std::uint32_t node) {
    const State next = automaton_.advance(state, trie[node].byte);
    if (next != Automaton::kDead) leave(node, next);
  };
  if (first == 0 || count(bytes) == 1) {
    each_byte(bytes, [&](std::uint8_t byte) {
      const std::uint32_t node = vocabulary_.find(first, end, byte);
      if (node != Vocabulary::kNoNode) go(node);
    });
    return;
  }
  for (std::uint32_t node = first; node < end; node = trie[node].end)
    if (has(bytes, trie[node].byte)) go(node);
}

bool Masks::goes_on(std::uint32_t node, State state) {
  TokenSet found(vocabulary_.size());
  out_ = &found;
  limit_ = Automaton::kNever;
  const std::uint32_t end = vocabulary_.trie()[node].end;
  if (node + 1 < end) walk(node + 1, end, state);
  return found.count() > 0;
}

void Masks::add_terminal(const Entry& entry, TerminalTable& table) {
  const TerminalTable::Row& row = table.row(entry.at, false);
  std::vector<std::uint8_t> in_time;
  for (const TerminalTable::Row::Group& group : row.groups) {
    const std::uint32_t distance = automaton_.distance({entry.node, group.end, entry.rest});
    farthest_ = std::max(farthest_, distance);
    in_time.push_back(distance <= limit_);
  }
  add_groups(row, in_time, *out_);
  const State behind = automaton_.resume(entry.rest);
  each_byte(automaton_.bytes(behind), [&](std::uint8_t byte) {
    if (row.first_exit[byte] == row.first_exit[byte + 1u]) return;
    const State next = automaton_.advance(behind, byte);
    if (next == Automaton::kDead) return;
    for (std::uint32_t i = row.first_exit[byte]; i < row.first_exit[byte + 1u]; ++i) leave(row.exits[i].node, next);
  });
}

bool Masks::add_looped(const Entry& entry, TerminalTable& table) {
  const auto below = automaton_.entries(entry.rest);
  if (below.size() != 1 || below[0].node == Automaton::kEnd || !table.is_unit()) return false;
  const Entry repeat = below[0];
  const Grammar::Item& item = automaton_.grammar().item(repeat.node);
  if (item.kind != Kind::kRepeat || item.child != entry.node) return false;
  // repeat.at turns with the one that is being read.
  const std::uint64_t min = item.a, max = item.b == Grammar::kUnbounded ? Automaton::kNever : item.b;
  const std::uint64_t turn = automaton_.length(item.child), rest = automaton_.distance(repeat.rest);
  const auto missing = [&](std::uint64_t turns) { return (min - std::min(min, turns)) * turn + rest; };
  const TerminalTable::Row& row = table.row(entry.at, true);
  std::vector<std::uint8_t> in_time;
  for (const TerminalTable::Row::Group& group : row.groups) {
    const bool between = group.end == Dfa::kStart;
    const std::uint64_t turns = repeat.at + group.units - (between ? 1 : 0);
    bool allowed = turns <= max;
    if (allowed) {
      const std::uint32_t distance = capped(missing(turns) + (between ? 0 : (*table.costs())[group.end]));
      farthest_ = std::max(farthest_, distance);
      allowed = distance <= limit_;
    }
    in_time.push_back(allowed);
  }
  add_groups(row, in_time, *out_);
  const State behind = automaton_.resume(repeat.rest);
  each_byte(automaton_.bytes(behind), [&](std::uint8_t byte) {
    if (row.first_exit[byte] == row.first_exit[byte + 1u]) return;
    const State next = automaton_.advance(behind, byte);
    if (next == Automaton::kDead) return;
    for (std::uint32_t i = row.first_exit[byte]; i < row.first_exit[byte + 1u]; ++i) {
      const std::uint64_t turns = repeat.at + row.exits[i].units - 1;
      if (turns >= min && turns <= max) leave(row.exits[i].node, next);
    }
  });
  return true;
}

void Masks::add_span(const Entry& entry) {
  const SpanRow& row = span_row(entry);
  const std::uint32_t rest = automaton_.distance(entry.rest);
  for (const auto& [id, bytes] : row.tokens) {
    const std::uint32_t distance = capped(std::uint64_t{bytes} + rest);
    farthest_ = std::max(farthest_, distance);
    if (distance <= limit_) out_->add(id);
  }
  const State behind = automaton_.resume(entry.rest);
  each_byte(automaton_.bytes(behind), [&](std::uint8_t byte) {
    if (row.first_exit[byte] == row.first_exit[byte + 1u]) return;
    const State next = automaton_.advance(behind, byte);
    if (next == Automaton::kDead) return;
    for (std::uint32_t i = row.first_exit[byte]; i < row.first_exit[byte + 1u]; ++i) leave(row.exits[i], next);
  });
}

const Masks::SpanRow& Masks::span_row(const Entry& entry) {
  const std::uint64_t key = std::uint64_t{entry.node} << 32 | entry.at;
  const auto known = span_rows_.find(key);
  if (known != span_rows_.end()) return known->second;
  if (span_rows_.size() >= kMaxSpanRows) span_rows_.clear();
  SpanRow& row = span_rows_[key];
  const SpanForm& form = automaton_.grammar().form(automaton_.grammar().item(entry.node).a);
  Source& source = *automaton_.source();
  const auto trie = vocabulary_.trie();
  std::vector<std::pair<std::uint8_t, std::uint32_t>> exits;
  const auto follow = [&](auto&& self, std::uint32_t first, std::uint32_t end, const Source::Span& span) -> void {
    std::vector<std::pair<std::uint8_t, Source::Span>> next;
    source.successors(form, span, next);
    std::uint32_t from = first;
    for (const auto& [byte, behind] : next) {
      const std::uint32_t node = vocabulary_.find(from, end, byte);
      if (node == Vocabulary::kNoNode) continue;
      if (first != 0) from = trie[node].end;
      const std::uint32_t distance = source.distance(form, behind);
      if (distance == Source::kDead) continue;
      for (const TokenId id : vocabulary_.ids(trie[node])) row.tokens.emplace_back(id, distance);
      if (node + 1 == trie[node].end) continue;
      if (distance == 0)
        for (std::uint32_t child = node + 1; child < trie[node].end; child = trie[child].end)
          exits.emplace_back(trie[child].byte, child);
      self(self, node + 1, trie[node].end, behind);
    }
  };
  follow(follow, 0, static_cast<std::uint32_t>(trie.size()), source.span(form, entry.at));
  std::stable_sort(exits.begin(), exits.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  row.first_exit.fill(0);
  for (const auto& [byte, node] : exits) {
    row.exits.push_back(node);
    ++row.first_exit[byte + 1u];
  }
  for (std::size_t b = 0; b < 256; ++b) row.first_exit[b + 1] += row.first_exit[b];
  return row;
}

}  // namespace eve
