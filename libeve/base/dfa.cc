// SPDX-License-Identifier: Apache-2.0
#include "base/dfa.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "base/nfa.h"
#include "eve/error.h"

namespace eve {
namespace {

using State = Dfa::State;
using Edge = Dfa::Edge;

[[noreturn]] void too_many_states() {
  throw Error(Status::kInput,
              "a set of strings needs more than " + std::to_string(Dfa::kMaxStates) + " states; use smaller bounds");
}

/// Neighbouring ranges with one target become one.
void tidy(std::vector<Edge>& edges) {
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.low < b.low; });
  std::size_t kept = 0;
  for (const Edge& edge : edges) {
    if (kept > 0 && edges[kept - 1].target == edge.target && edges[kept - 1].high + 1 == edge.low)
      edges[kept - 1].high = edge.high;
    else
      edges[kept++] = edge;
  }
  edges.resize(kept);
}

/// Fewest bytes to an accepting state, kDead where there is no way.
std::vector<std::uint32_t> distances(const Dfa::Draft& draft) {
  const std::size_t n = draft.edges.size();
  std::vector<std::vector<State>> sources(n);
  for (State s = 0; s < n; ++s)
    for (const Edge& edge : draft.edges[s]) sources[edge.target].push_back(s);
  std::vector<std::uint32_t> distance(n, Dfa::kDead);
  std::vector<State> queue;
  for (State s = 0; s < n; ++s)
    if (draft.accepts[s]) distance[s] = 0, queue.push_back(s);
  for (std::size_t i = 0; i < queue.size(); ++i)
    for (const State s : sources[queue[i]])
      if (distance[s] == Dfa::kDead) distance[s] = distance[queue[i]] + 1, queue.push_back(s);
  return distance;
}

/// Bytes of the longest string that is accepted from here, kDead where there is none longest.
std::vector<std::uint32_t> heights(const Dfa::Draft& draft, const std::vector<std::uint32_t>& distance) {
  const std::size_t n = draft.edges.size();
  std::vector<std::vector<State>> sources(n);
  std::vector<std::size_t> open(n);  // edges to states whose height is not known
  std::vector<std::uint32_t> height(n, 0);
  std::vector<State> queue;
  for (State s = 0; s < n; ++s) {
    if (distance[s] == Dfa::kDead) continue;
    for (const Edge& edge : draft.edges[s])
      if (distance[edge.target] != Dfa::kDead) sources[edge.target].push_back(s), ++open[s];
    if (open[s] == 0) queue.push_back(s);
  }
  for (std::size_t i = 0; i < queue.size(); ++i)
    for (const State s : sources[queue[i]]) {
      height[s] = std::max(height[s], height[queue[i]] + 1);
      if (--open[s] == 0) queue.push_back(s);
    }
  for (State s = 0; s < n; ++s)
    if (open[s] != 0) height[s] = Dfa::kDead;
  return height;
}

/// Number of the class of each state: states of one class accept the same strings (Moore's refinement). It starts from
/// the lengths of the shortest and the longest of them, which equal states share; they alone tell most others apart.
/// Where it would take too long, no states are held for equal: nothing but the size of the automaton depends on it.
std::vector<State> equal_states(const Dfa::Draft& draft, const std::vector<std::uint32_t>& distance) {
  const std::size_t n = draft.edges.size();
  std::vector<State> group(n);
  std::size_t groups = 0;
  const auto regroup = [&](auto&& signature) {
    std::map<std::vector<std::uint32_t>, State> ids;
    std::vector<State> fresh(n);
    for (State s = 0; s < n; ++s)
      fresh[s] = ids.try_emplace(signature(s), static_cast<State>(ids.size())).first->second;
    group = std::move(fresh);
    return ids.size();
  };
  constexpr std::size_t kMaxWork = 2'000'000;  // states looked at: a second
  std::size_t work = 0;
  const std::vector<std::uint32_t> height = heights(draft, distance);
  for (std::size_t now = regroup([&](State s) { return std::vector{distance[s], height[s]}; }); now != groups;) {
    groups = now;
    if ((work += n) > kMaxWork) {
      std::iota(group.begin(), group.end(), State{0});
      return group;
    }
    now = regroup([&](State s) {
      std::vector<Edge> edges;
      for (const Edge& edge : draft.edges[s])
        if (distance[edge.target] != Dfa::kDead) edges.push_back({edge.low, edge.high, group[edge.target]});
      tidy(edges);
      std::vector<std::uint32_t> key{group[s]};
      for (const Edge& edge : edges) key.push_back(edge.low << 8u | edge.high), key.push_back(edge.target);
      return key;
    });
  }
  return group;
}

}  // namespace

Dfa::Dfa(Draft draft) {
  if (draft.edges.empty()) return;
  const std::vector<std::uint32_t> distance = distances(draft);
  if (distance[kStart] == kDead) return;
  const std::vector<State> group = equal_states(draft, distance);
  // Numbers in the order of discovery from the start.
  std::map<State, State> number;
  std::vector<State> sample;  // [states] a draft state of each
  const auto number_of = [&](State s) {
    const auto [found, fresh] = number.try_emplace(group[s], static_cast<State>(sample.size()));
    if (fresh) sample.push_back(s);
    return found->second;
  };
  number_of(kStart);
  first_edge_.push_back(0);
  for (std::size_t at = 0; at < sample.size(); ++at) {
    std::vector<Edge> edges;
    for (const Edge& edge : draft.edges[sample[at]])
      if (distance[edge.target] != kDead) edges.push_back({edge.low, edge.high, number_of(edge.target)});
    tidy(edges);
    edges_.insert(edges_.end(), edges.begin(), edges.end());
    first_edge_.push_back(static_cast<std::uint32_t>(edges_.size()));
    accepts_.push_back(draft.accepts[sample[at]]);
    distance_.push_back(distance[sample[at]]);
  }
}

Dfa Dfa::words(std::span<const std::string> words) {
  std::vector<std::string_view> sorted(words.begin(), words.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  Dfa out;
  if (sorted.empty()) return out;
  // Breadth first: a state is a range of the words that share its first `depth` bytes.
  struct Range {
    std::size_t begin, end, depth;
  };
  std::vector<Range> ranges{{0, sorted.size(), 0}};
  out.first_edge_.push_back(0);
  for (std::size_t at = 0; at < ranges.size(); ++at) {
    Range range = ranges[at];
    const bool accepts = sorted[range.begin].size() == range.depth;
    out.accepts_.push_back(accepts);
    range.begin += accepts;
    while (range.begin < range.end) {
      const char byte = sorted[range.begin][range.depth];
      std::size_t end = range.begin + 1;
      while (end < range.end && sorted[end][range.depth] == byte) ++end;
      const auto value = static_cast<std::uint8_t>(byte);
      out.edges_.push_back({value, value, static_cast<State>(ranges.size())});
      ranges.push_back({range.begin, end, range.depth + 1});
      range.begin = end;
    }
    if (out.edges_.size() >= kDead / 16) too_many_states();
    out.first_edge_.push_back(static_cast<std::uint32_t>(out.edges_.size()));
  }
  // Edges lead to higher numbers.
  out.distance_.assign(ranges.size(), 0);
  for (std::size_t s = ranges.size(); s-- > 0;) {
    if (out.accepts_[s]) continue;
    out.distance_[s] = kDead;
    for (const Edge& edge : out.edges(static_cast<State>(s)))
      out.distance_[s] = std::min(out.distance_[s], out.distance_[edge.target] + 1);
  }
  return out;
}

Dfa Dfa::characters(std::span<const CodeRange> allowed, std::uint32_t min, std::uint32_t max) {
  if (min > max) return {};
  if (min > kMaxStates || (max != kUnlimited && max > kMaxStates)) too_many_states();
  const std::vector<CodeRange> ranges = normalised({allowed.begin(), allowed.end()});
  Nfa nfa;
  const Nfa::State from = nfa.add(), to = nfa.add();
  Nfa::State at = from;
  for (std::uint32_t i = 0; i < (max == kUnlimited ? min : max); ++i) {
    if (i >= min) nfa.join(at, to);
    const Nfa::State next = nfa.add();
    nfa.join(at, next, ranges);
    at = next;
  }
  nfa.join(at, to);
  if (max == kUnlimited) nfa.join(at, at, ranges);
  return nfa.determinise(from, to);
}

Dfa Dfa::text(std::uint32_t min, std::uint32_t max) {
  const CodeRange all[] = {{0, 0x10FFFF}};
  return characters(all, min, max);
}

bool Dfa::matches(std::string_view bytes) const {
  if (empty()) return false;
  State state = kStart;
  for (const char c : bytes) {
    state = next(state, static_cast<std::uint8_t>(c));
    if (state == kDead) return false;
  }
  return accepts(state);
}

namespace {

enum class Product { kBoth, kFirstOnly, kEither };

Dfa product(const Dfa& a, const Dfa& b, Product wanted) {
  using Pair = std::pair<State, State>;
  std::map<Pair, State> ids;
  std::vector<Pair> pairs;
  Dfa::Draft draft;
  const auto id_of = [&](Pair pair) {
    const auto [found, fresh] = ids.try_emplace(pair, static_cast<State>(pairs.size()));
    if (fresh) {
      if (pairs.size() >= Dfa::kMaxStates) too_many_states();
      pairs.push_back(pair);
      const bool in_a = pair.first != Dfa::kDead && a.accepts(pair.first);
      const bool in_b = pair.second != Dfa::kDead && b.accepts(pair.second);
      draft.accepts.push_back(wanted == Product::kBoth     ? in_a && in_b
                              : wanted == Product::kEither ? in_a || in_b
                                                           : in_a && !in_b);
      draft.edges.emplace_back();
    }
    return found->second;
  };
  id_of({a.empty() ? Dfa::kDead : Dfa::kStart, b.empty() ? Dfa::kDead : Dfa::kStart});
  for (std::size_t at = 0; at < pairs.size(); ++at) {
    const auto [p, q] = pairs[at];
    std::array<bool, 257> cut{};
    const auto cuts = [&](const Dfa& dfa, State s) {
      if (s == Dfa::kDead) return;
      for (const Edge& edge : dfa.edges(s)) cut[edge.low] = cut[edge.high + 1u] = true;
    };
    cuts(a, p), cuts(b, q);
    for (std::size_t low = 0; low < 256;) {
      std::size_t high = low;
      while (high < 255 && !cut[high + 1]) ++high;
      const auto byte = static_cast<std::uint8_t>(low);
      const Pair next{p == Dfa::kDead ? p : a.next(p, byte), q == Dfa::kDead ? q : b.next(q, byte)};
      const bool alive = wanted == Product::kBoth     ? next.first != Dfa::kDead && next.second != Dfa::kDead
                         : wanted == Product::kEither ? next.first != Dfa::kDead || next.second != Dfa::kDead
                                                      : next.first != Dfa::kDead;
      if (alive) {
        const State target = id_of(next);
        draft.edges[at].push_back({byte, static_cast<std::uint8_t>(high), target});
      }
      low = high + 1;
    }
  }
  return Dfa(std::move(draft));
}

}  // namespace

Dfa intersection(const Dfa& a, const Dfa& b) { return product(a, b, Product::kBoth); }
Dfa difference(const Dfa& a, const Dfa& b) { return product(a, b, Product::kFirstOnly); }
Dfa union_of(const Dfa& a, const Dfa& b) { return product(a, b, Product::kEither); }

Dfa json_escaped(const Dfa& strings) {
  if (strings.empty()) return {};
  Dfa::Draft draft;
  const auto add = [&](bool accepts) {
    draft.edges.emplace_back();
    draft.accepts.push_back(accepts);
    return static_cast<State>(draft.edges.size() - 1);
  };
  const auto join = [&](State from, char byte, State to) {
    const auto value = static_cast<std::uint8_t>(byte);
    draft.edges[from].push_back({value, value, to});
  };
  const auto chain = [&](State from, std::string_view bytes) {
    for (const char byte : bytes) {
      const State next = add(false);
      join(from, byte, next);
      from = next;
    }
    return from;
  };
  for (State s = 0; s < strings.size(); ++s) add(strings.accepts(s));
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t", kLetter = "\"\\bfnrt";
  for (State s = 0; s < strings.size(); ++s) {
    std::array<State, 256> to;
    for (std::size_t byte = 0; byte < 256; ++byte) to[byte] = strings.next(s, static_cast<std::uint8_t>(byte));
    State escape = Dfa::kDead, zeros = Dfa::kDead;  // behind the backslash, behind \u00
    std::array<State, 8> digit;                     // behind \u00d
    digit.fill(Dfa::kDead);
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (to[byte] == Dfa::kDead) continue;
      const std::size_t shorthand = kShort.find(static_cast<char>(byte));
      const bool control = byte < 0x20 || byte == 0x7F;
      if (shorthand == std::string_view::npos && !control) {
        draft.edges[s].push_back({static_cast<std::uint8_t>(byte), static_cast<std::uint8_t>(byte), to[byte]});
        continue;
      }
      if (escape == Dfa::kDead) escape = chain(s, "\\");
      if (shorthand != std::string_view::npos) {
        join(escape, kLetter[shorthand], to[byte]);
        continue;
      }
      if (zeros == Dfa::kDead) zeros = chain(escape, "u00");
      State& high = digit[byte >> 4];
      if (high == Dfa::kDead) high = chain(zeros, {&"01234567"[byte >> 4], 1});
      join(high, "0123456789abcdef"[byte & 15], to[byte]);
    }
  }
  return Dfa(std::move(draft));
}

}  // namespace eve
