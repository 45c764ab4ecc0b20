// SPDX-License-Identifier: Apache-2.0
#include "decode/automaton.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "eve/error.h"

namespace eve {
namespace {

using Kind = Grammar::Kind;

constexpr std::size_t kMaxSets = 2'000'000;
constexpr std::uint32_t kNoRow = 0xFFFFFFFF, kNarrow = 0xFFFFFFFE;
// Bytes from which on a state is worth a row, and rows that are kept.
constexpr std::uint32_t kWide = 24;
constexpr std::size_t kMaxRows = 16'384;
constexpr Automaton::State kUnknown = 0xFFFFFFFF;
constexpr std::size_t kMaxJoinDepth = 2'000;

std::uint32_t capped(std::uint64_t length) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(length, Grammar::kNever));
}

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15;
  return hash ^ hash >> 29;
}

}  // namespace

Automaton::Automaton(std::shared_ptr<const Grammar> grammar, std::shared_ptr<Source> source, Costs costs)
    : grammar_(std::move(grammar)), source_(std::move(source)), costs_(std::move(costs)) {
  const Grammar& g = *grammar_;
  std::vector<std::uint32_t> of_dfa;
  for (std::uint32_t d = 0; d < g.dfa_count(); ++d)
    of_dfa.push_back(g.dfa(d).empty() ? kNever
                     : costs_.empty() ? g.dfa(d).distance(Dfa::kStart)
                                      : (*costs_[d])[Dfa::kStart]);
  std::vector<std::uint32_t> of_form;
  for (std::uint32_t f = 0; f < g.form_count(); ++f)
    of_form.push_back(source_ ? std::min(source_->distance(g.form(f), 0), kNever) : kNever);
  length_ = g.lengths(of_dfa, of_form);
  tail_.assign(g.child_count(), 0);
  for (Node n = 0; n < g.size(); ++n) {
    const Grammar::Item& item = g.item(n);
    if (item.kind != Kind::kSequence) continue;
    std::uint64_t sum = 0;
    for (std::uint32_t at = item.b; at-- > item.a;) tail_[at] = capped(sum += length_[g.child(at)]);
  }
  states_.push_back({0, 0, kNever, false});
  const State bottom = push(kEnd, 0, kDead);
  std::vector<Entry> first;
  if (length_[g.root()] < kNever) {
    enter(g.root(), bottom, first);
    if (g.item(g.root()).nullable) first.push_back({kEnd, 0, kDead});
  }
  start_ = intern(first);
}

std::uint32_t Automaton::distance(const Entry& entry) const {
  if (entry.node == kEnd) return 0;
  const Grammar::Item& item = grammar_->item(entry.node);
  const std::uint64_t below = states_[entry.rest].distance;
  switch (item.kind) {
    case Kind::kTerminal:
      return capped(below + (costs_.empty() ? grammar_->dfa(item.a).distance(entry.at) : (*costs_[item.a])[entry.at]));
    case Kind::kSpan:
      return capped(below + source_->distance(grammar_->form(item.a), entry.at));
    case Kind::kSequence:
      return capped(below + tail_[item.a + entry.at]);
    case Kind::kRepeat:
      return capped(below + std::uint64_t{item.a - std::min(item.a, entry.at)} * length_[item.child]);
    case Kind::kChoice:
      break;
  }
  return kNever;
}

Automaton::State Automaton::intern(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.node, a.at, a.rest) < std::tie(b.node, b.at, b.rest);
  });
  std::size_t kept = 0;
  for (const Entry& entry : entries) {
    if (distance(entry) >= kNever) continue;
    Entry* last = kept > 0 ? &entries[kept - 1] : nullptr;
    if (last && last->node == entry.node && last->at == entry.at)
      last->rest = join(last->rest, entry.rest);
    else
      entries[kept++] = entry;
  }
  entries.resize(kept);
  if (entries.empty()) return kDead;
  std::uint64_t hash = entries.size();
  for (const Entry& entry : entries) hash = mixed(mixed(hash, std::uint64_t{entry.node} << 32 | entry.at), entry.rest);
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto found = begin; found != end; ++found)
    if (std::ranges::equal(this->entries(found->second), entries)) return found->second;
  if (states_.size() >= kMaxSets || entries_.size() + entries.size() >= kNever)
    throw Error(Status::kInput, "a text is too long or its grammar too ambiguous to follow; use simpler alternatives");
  Set set{static_cast<std::uint32_t>(entries_.size()), static_cast<std::uint32_t>(entries.size()), kNever,
          entries.back().node == kEnd};
  for (const Entry& entry : entries) set.distance = std::min(set.distance, distance(entry));
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  states_.push_back(set);
  const auto state = static_cast<State>(states_.size() - 1);
  by_hash_.emplace(hash, state);
  return state;
}

Automaton::State Automaton::push(Node node, std::uint32_t at, State rest) {
  std::vector<Entry> one{{node, at, rest}};
  return intern(one);
}

Automaton::State Automaton::join(State a, State b, std::size_t depth) {
  if (a == b || b == kDead) return a;
  if (a == kDead) return b;
  if (a > b) std::swap(a, b);
  const std::uint64_t key = std::uint64_t{a} << 32 | b;
  const auto found = joined_.find(key);
  if (found != joined_.end()) return found->second;
  if (depth > kMaxJoinDepth)
    throw Error(Status::kInput, "the grammar is too ambiguous at such a depth; use simpler alternatives");
  const auto less = [](const Entry& x, const Entry& y) { return std::tie(x.node, x.at) < std::tie(y.node, y.at); };
  std::vector<Entry> left(entries(a).begin(), entries(a).end()), right(entries(b).begin(), entries(b).end()), both;
  auto l = left.begin(), r = right.begin();
  while (l != left.end() || r != right.end()) {
    if (r == right.end() || (l != left.end() && less(*l, *r)))
      both.push_back(*l++);
    else if (l == left.end() || less(*r, *l))
      both.push_back(*r++);
    else
      both.push_back({l->node, l->at, join(l->rest, r->rest, depth + 1)}), ++l, ++r;
  }
  const State state = intern(both);
  joined_.emplace(key, state);
  return state;
}

void Automaton::enter(Node node, State rest, std::vector<Entry>& out) {
  // What begins with `node` and then goes on with `rest`, without strings that are empty so far: what nothing has been
  // read of yet is skipped by whoever comes before it.
  // Each node is entered once, with all that may lie below it: those that may begin with it come first.
  const Grammar& g = *grammar_;
  std::map<std::uint32_t, std::pair<Node, State>, std::greater<>> open;
  const auto add = [&](Node n, State below) {
    if (length_[n] >= kNever) return;
    const auto [found, fresh] = open.try_emplace(g.rank(n), n, below);
    if (!fresh) found->second.second = join(found->second.second, below);
  };
  add(node, rest);
  while (!open.empty()) {
    const auto [n, below] = open.begin()->second;
    open.erase(open.begin());
    const Grammar::Item& item = g.item(n);
    switch (item.kind) {
      case Kind::kTerminal:
        if (!g.dfa(item.a).edges(Dfa::kStart).empty()) out.push_back({n, Dfa::kStart, below});
        break;
      case Kind::kSpan:
        out.push_back({n, 0, below});
        break;
      case Kind::kChoice:
        for (std::uint32_t at = item.a; at < item.b; ++at) add(g.child(at), below);
        break;
      case Kind::kRepeat: {
        const std::uint32_t turns = item.b == Grammar::kUnbounded ? std::min(1u, item.a) : 1u;
        if (item.b > 0) add(item.child, item.b == 1 ? below : push(n, turns, below));
        break;
      }
      case Kind::kSequence:
        for (std::uint32_t at = item.a; at < item.b; ++at) {
          add(g.child(at), at + 1 == item.b ? below : push(n, at + 1 - item.a, below));
          if (!g.item(g.child(at)).nullable) break;
        }
        break;
    }
  }
}

Automaton::State Automaton::resume(State rest) {
  const auto known = resumed_.find(rest);
  if (known != resumed_.end()) return known->second;
  const Grammar& g = *grammar_;
  std::vector<Entry> out;
  std::vector<State> open{rest};
  std::set<State> seen{rest};
  const auto leave = [&](State below) {
    if (seen.insert(below).second) open.push_back(below);
  };
  while (!open.empty()) {
    const State state = open.back();
    open.pop_back();
    const std::vector<Entry> tops(entries(state).begin(), entries(state).end());
    for (const Entry& top : tops) {
      if (top.node == kEnd) {
        out.push_back(top);
        continue;
      }
      const Grammar::Item& item = g.item(top.node);
      if (item.kind == Kind::kRepeat) {
        const bool bounded = item.b != Grammar::kUnbounded;
        const std::uint32_t turns = bounded ? top.at + 1 : std::min(top.at + 1, item.a);
        enter(item.child, bounded && turns == item.b ? top.rest : push(top.node, turns, top.rest), out);
        if (top.at >= item.a) leave(top.rest);
      } else {
        std::uint32_t at = item.a + top.at;
        for (; at < item.b; ++at) {
          enter(g.child(at), at + 1 == item.b ? top.rest : push(top.node, at + 1 - item.a, top.rest), out);
          if (!g.item(g.child(at)).nullable) break;
        }
        if (at == item.b) leave(top.rest);
      }
    }
  }
  const State state = intern(out);
  resumed_.emplace(rest, state);
  return state;
}

Automaton::ByteSet Automaton::bytes(State state) const {
  ByteSet out{};
  for (const Entry& entry : entries(state)) {
    if (entry.node == kEnd) continue;
    const Grammar::Item& item = grammar_->item(entry.node);
    if (item.kind == Kind::kSpan) {
      out.fill(~std::uint64_t{0});
      break;
    }
    for (const Dfa::Edge& edge : grammar_->dfa(item.a).edges(entry.at))
      for (std::uint32_t byte = edge.low; byte <= edge.high; ++byte) out[byte / 64] |= std::uint64_t{1} << byte % 64;
  }
  return out;
}

bool Automaton::is_wide(State state) const {
  std::uint32_t bytes = 0;
  for (const Entry& entry : entries(state)) {
    if (entry.node == kEnd) continue;
    const Grammar::Item& item = grammar_->item(entry.node);
    if (item.kind == Kind::kSpan) continue;
    for (const Dfa::Edge& edge : grammar_->dfa(item.a).edges(entry.at)) bytes += edge.high - edge.low + 1u;
    if (bytes >= kWide) return true;
  }
  return false;
}

Automaton::State Automaton::advance(State state, std::uint8_t byte) {
  if (state >= row_of_.size()) row_of_.resize(states_.size(), kNoRow);
  if (row_of_[state] == kNoRow) {
    if (!is_wide(state)) {
      row_of_[state] = kNarrow;
    } else {
      if (rows_.size() >= kMaxRows * 256) {
        rows_.clear();
        std::ranges::replace_if(
            row_of_, [](std::uint32_t row) { return row < kNarrow; }, kNoRow);
      }
      row_of_[state] = static_cast<std::uint32_t>(rows_.size() / 256);
      rows_.resize(rows_.size() + 256, kUnknown);
    }
  }
  if (row_of_[state] == kNarrow) {
    const auto [known, fresh] = advanced_.try_emplace(std::uint64_t{state} << 8 | byte, kDead);
    if (!fresh) return known->second;
    return known->second = step(state, byte);  // step() adds nothing to this map
  }
  const std::size_t at = std::size_t{row_of_[state]} * 256 + byte;
  if (rows_[at] == kUnknown) rows_[at] = step(state, byte);
  return rows_[at];
}

Automaton::State Automaton::step(State state, std::uint8_t byte) {
  const Grammar& g = *grammar_;
  std::vector<Entry> out;
  const auto leave = [&](State rest) {
    const State next = resume(rest);
    out.insert(out.end(), entries(next).begin(), entries(next).end());
  };
  for (std::uint32_t i = 0; i < states_[state].count; ++i) {
    const Entry entry = entries_[states_[state].first + i];
    if (entry.node == kEnd) continue;
    const Grammar::Item& item = g.item(entry.node);
    if (item.kind == Kind::kTerminal) {
      const Dfa& dfa = g.dfa(item.a);
      const Dfa::State to = dfa.next(entry.at, byte);
      if (to == Dfa::kDead) continue;
      if (dfa.accepts(to)) leave(entry.rest);
      if (!dfa.edges(to).empty()) out.push_back({entry.node, to, entry.rest});
    } else {
      const SpanForm& form = g.form(item.a);
      const Source::State to = source_->next(form, entry.at, byte);
      if (to == Source::kDead) continue;
      if (source_->accepts(form, to)) leave(entry.rest);
      out.push_back({entry.node, to, entry.rest});
    }
  }
  return intern(out);
}

Automaton::State Automaton::advance(State state, std::string_view bytes) {
  for (const char c : bytes) {
    if (state == kDead) break;
    state = advance(state, static_cast<std::uint8_t>(c));
  }
  return state;
}

int Automaton::forced_byte(State state) {
  if (state == kDead || accepts(state)) return -1;
  int forced = -1;
  for (std::uint32_t i = 0; i < states_[state].count; ++i) {
    const Entry entry = entries_[states_[state].first + i];
    const Grammar::Item& item = grammar_->item(entry.node);
    if (item.kind != Kind::kTerminal) {
      // A span has few bytes to go on with; any two end the matter.
      for (int byte = 0; byte < 256; ++byte)
        if (byte != forced &&
            source_->next(grammar_->form(item.a), entry.at, static_cast<std::uint8_t>(byte)) != Source::kDead) {
          if (forced >= 0) return -1;
          forced = byte;
        }
      continue;
    }
    const auto edges = grammar_->dfa(item.a).edges(entry.at);
    if (edges.size() != 1 || edges[0].low != edges[0].high || (forced >= 0 && forced != edges[0].low)) return -1;
    forced = edges[0].low;
  }
  return forced;
}

std::string Automaton::completion(State state, std::size_t limit) {
  std::string out;
  if (distance(state) > limit) return out;
  while (distance(state) > 0) {
    const std::uint32_t wanted = distance(state) - 1;
    State best = kDead;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const State next = advance(state, static_cast<std::uint8_t>(byte));
      if (next == kDead || distance(next) > wanted) continue;
      out.push_back(static_cast<char>(byte));
      best = next;
      break;
    }
    if (best == kDead) return {};
    state = best;
  }
  return out;
}

}  // namespace eve
