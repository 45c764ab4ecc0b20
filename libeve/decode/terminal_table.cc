// SPDX-License-Identifier: Apache-2.0
#include "decode/terminal_table.h"

#include <algorithm>
#include <numeric>

namespace eve {
namespace {

// Bytes a state must read for a table of its own; below that a walk is as fast.
constexpr std::uint32_t kWideBytes = 48;
constexpr std::size_t kMaxTables = 512;
constexpr std::size_t kMaxRows = 64;  // of one automaton

/// Tokens of each state's completion. A state's completion is its first edge to a state that is nearer to the end, then
/// that state's: what is left of it behind a token is the completion of the state there, so costs fall by one a token.
std::vector<std::uint32_t> token_costs(const Dfa& dfa, const Vocabulary& vocabulary) {
  std::vector<Dfa::State> order(dfa.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](Dfa::State a, Dfa::State b) { return dfa.distance(a) < dfa.distance(b); });
  std::vector<std::uint32_t> cost(dfa.size(), 0);
  const auto trie = vocabulary.trie();
  for (const Dfa::State from : order) {
    if (dfa.distance(from) == 0) continue;
    std::uint32_t best = dfa.distance(from);
    std::uint32_t first = 0, end = static_cast<std::uint32_t>(trie.size());
    for (Dfa::State at = from; dfa.distance(at) > 0;) {
      const auto edges = dfa.edges(at);
      const auto edge = std::ranges::find_if(
          edges, [&](const Dfa::Edge& e) { return dfa.distance(e.target) + 1 == dfa.distance(at); });
      const std::uint32_t node = vocabulary.find(first, end, edge->low);
      if (node == Vocabulary::kNoNode) break;
      at = edge->target;
      if (trie[node].ids > 0) best = std::min(best, cost[at] + 1);
      first = node + 1;
      end = trie[node].end;
    }
    cost[from] = best;
  }
  return cost;
}

}  // namespace

TerminalTable::TerminalTable(std::shared_ptr<const Dfa> dfa, const Vocabulary& vocabulary)
    : dfa_(std::move(dfa)), vocabulary_(&vocabulary), wide_(dfa_->size()), unit_(!dfa_->empty()) {
  std::vector<std::uint32_t> cost;
  if (dfa_->size() <= Dfa::kMaxStates)
    cost = token_costs(*dfa_, vocabulary);
  else
    for (Dfa::State s = 0; s < dfa_->size(); ++s) cost.push_back(dfa_->distance(s));
  costs_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(cost));
  for (Dfa::State s = 0; s < dfa_->size(); ++s) {
    std::uint32_t bytes = 0;
    for (const Dfa::Edge& edge : dfa_->edges(s)) {
      bytes += edge.high - edge.low + 1u;
      if (edge.target == Dfa::kStart) unit_ = false;
    }
    wide_[s] = bytes >= kWideBytes;
    if (dfa_->accepts(s) && (bytes > 0 || s == Dfa::kStart)) unit_ = false;
  }
}

const TerminalTable::Row& TerminalTable::row(Dfa::State state, bool looped) {
  const auto known = rows_.find({state, looped});
  if (known != rows_.end()) return known->second;
  if (rows_.size() >= kMaxRows) rows_.clear();
  Row& row = rows_[{state, looped}];
  row.all = TokenSet(vocabulary_->size());
  const Dfa& dfa = *dfa_;
  const auto trie = vocabulary_->trie();
  // Bytes are looked up in full rows of the automaton's states.
  std::map<Dfa::State, std::uint32_t> dense;
  std::vector<Dfa::State> next;
  const auto row_of = [&](Dfa::State s) {
    const auto [found, fresh] = dense.try_emplace(s, static_cast<std::uint32_t>(next.size()));
    if (fresh) {
      next.resize(next.size() + 256, Dfa::kDead);
      for (const Dfa::Edge& edge : dfa.edges(s))
        std::fill(next.begin() + found->second + edge.low, next.begin() + found->second + edge.high + 1, edge.target);
    }
    return found->second;
  };
  struct Place {
    Dfa::State state;
    std::uint32_t row, units;
    bool exits;  // a whole string ends here
  };
  std::vector<Place> path{{state, row_of(state), 0, false}};
  std::map<std::pair<std::uint32_t, Dfa::State>, std::vector<TokenId>> groups;
  std::vector<std::pair<std::uint8_t, Row::Exit>> exits;
  for (std::uint32_t node = 0; node < trie.size();) {
    const Vocabulary::TrieNode& here = trie[node];
    path.resize(here.depth);
    const Place& place = path.back();
    if (place.exits) exits.push_back({here.byte, {node, std::max(place.units, 1u)}});
    Dfa::State to = next[place.row + here.byte];
    if (to == Dfa::kDead) {
      node = here.end;
      continue;
    }
    std::uint32_t units = place.units;
    const bool whole = dfa.accepts(to);
    if (looped && whole) to = Dfa::kStart, ++units;
    if (here.ids > 0) {
      auto& group = groups[{units, to}];
      for (const TokenId id : vocabulary_->ids(here)) group.push_back(id), row.all.add(id);
    }
    path.push_back({to, to == place.state ? place.row : row_of(to), units, whole});
    ++node;
  }
  for (auto& [key, tokens] : groups) row.groups.push_back({key.second, key.first, std::move(tokens)});
  std::stable_sort(exits.begin(), exits.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  row.first_exit.fill(0);
  for (const auto& [byte, exit] : exits) {
    row.exits.push_back(exit);
    ++row.first_exit[byte + 1u];
  }
  for (std::size_t b = 0; b < 256; ++b) row.first_exit[b + 1] += row.first_exit[b];
  return row;
}

std::shared_ptr<TerminalTable> TerminalTables::of(const std::shared_ptr<const Dfa>& dfa) {
  auto& table = tables_[dfa.get()];
  if (!table) {
    table = std::make_shared<TerminalTable>(dfa, *vocabulary_);
    age_.push_back(dfa.get());
    if (age_.size() > kMaxTables) {
      auto kept = std::move(table);
      tables_.erase(age_.front());
      age_.erase(age_.begin());
      return tables_[dfa.get()] = std::move(kept);
    }
  }
  return table;
}

}  // namespace eve
