// SPDX-License-Identifier: Apache-2.0
#include "base/nfa.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <map>

#include "base/utf8.h"
#include "eve/error.h"

namespace eve {
namespace {

constexpr std::uint32_t kLastCodePoint = 0x10FFFF;
// Elements of state sets that determinise() may look at.
constexpr std::size_t kMaxWork = 20'000'000;

struct Encoded {
  std::array<std::uint8_t, 4> bytes;
  std::size_t count;
};

Encoded encode(std::uint32_t code_point) {
  std::string text;
  append_utf8(text, code_point);
  Encoded out{{}, text.size()};
  for (std::size_t i = 0; i < text.size(); ++i) out.bytes[i] = static_cast<std::uint8_t>(text[i]);
  return out;
}

}  // namespace

std::vector<CodeRange> normalised(std::vector<CodeRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](CodeRange a, CodeRange b) { return a.low < b.low; });
  std::vector<CodeRange> merged;
  for (CodeRange range : ranges) {
    range.high = std::min(range.high, kLastCodePoint);
    if (range.low > range.high) continue;
    if (!merged.empty() && range.low <= merged.back().high + 1)
      merged.back().high = std::max(merged.back().high, range.high);
    else
      merged.push_back(range);
  }
  std::vector<CodeRange> out;
  for (const CodeRange range : merged) {
    if (range.low < 0xD800) out.push_back({range.low, std::min(range.high, 0xD7FFu)});
    if (range.high > 0xDFFF) out.push_back({std::max(range.low, 0xE000u), range.high});
  }
  return out;
}

std::vector<CodeRange> complement(std::span<const CodeRange> normalised_ranges) {
  std::vector<CodeRange> out;
  std::uint32_t from = 0;
  for (const CodeRange range : normalised_ranges) {
    if (range.low > from) out.push_back({from, range.low - 1});
    from = range.high + 1;
  }
  if (from <= kLastCodePoint) out.push_back({from, kLastCodePoint});
  return normalised(std::move(out));
}

Nfa::State Nfa::add() {
  if (nodes_.size() >= kMaxStates)
    throw Error(Status::kInput, "a regular expression is too large; use smaller repeats and classes");
  nodes_.emplace_back();
  return static_cast<State>(nodes_.size() - 1);
}

void Nfa::join(State from, State to, When when) { nodes_[from].free.push_back({to, when}); }
void Nfa::join(State from, State to, std::uint8_t low, std::uint8_t high) {
  nodes_[from].edges.push_back({low, high, to});
}

void Nfa::join(State from, State to, std::span<const CodeRange> ranges) {
  // The byte ranges that end a character are shared by all characters that begin with the same bytes.
  std::map<std::uint32_t, State> behind;  // leading bytes -> state
  const auto after = [&](std::uint32_t lead, State before, std::uint8_t byte) {
    const auto [found, fresh] = behind.try_emplace(lead, 0);
    if (fresh) {
      found->second = add();
      join(before, found->second, byte, byte);
    }
    return found->second;
  };
  // low and high have the same number of bytes and differ from byte `at` on only.
  const auto put = [&](auto&& self, State state, Encoded low, Encoded high, std::size_t at) -> void {
    if (at + 1 == low.count) return join(state, to, low.bytes[at], high.bytes[at]);
    if (low.bytes[at] == high.bytes[at]) {
      std::uint32_t lead = 1;
      for (std::size_t i = 0; i <= at; ++i) lead = lead << 8 | low.bytes[i];
      return self(self, after(lead, state, low.bytes[at]), low, high, at + 1);
    }
    const auto is_edge = [&](const Encoded& c, std::uint8_t byte) {
      return std::all_of(c.bytes.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                         c.bytes.begin() + static_cast<std::ptrdiff_t>(c.count),
                         [&](std::uint8_t b) { return b == byte; });
    };
    Encoded first = low, last = high;
    if (!is_edge(low, 0x80)) {
      for (std::size_t i = at + 1; i < low.count; ++i) last.bytes[i] = 0xBF;
      last.bytes[at] = low.bytes[at];
      self(self, state, low, last, at);
      first.bytes[at] = static_cast<std::uint8_t>(low.bytes[at] + 1);
      for (std::size_t i = at + 1; i < low.count; ++i) first.bytes[i] = 0x80;
    }
    last = high;
    const bool whole = is_edge(high, 0xBF);
    if (!whole) last.bytes[at] = static_cast<std::uint8_t>(high.bytes[at] - 1);
    if (first.bytes[at] <= last.bytes[at]) {
      State next = state;
      State target = add();
      join(next, target, first.bytes[at], last.bytes[at]);
      next = target;
      for (std::size_t i = at + 1; i < low.count; ++i) {
        target = i + 1 == low.count ? to : add();
        join(next, target, 0x80, 0xBF);
        next = target;
      }
    }
    if (!whole) {
      first = high;
      for (std::size_t i = at + 1; i < low.count; ++i) first.bytes[i] = 0x80;
      self(self, state, first, high, at);
    }
  };
  constexpr std::uint32_t kLastOfLength[] = {0x7F, 0x7FF, 0xFFFF, kLastCodePoint};
  for (const CodeRange range : ranges) {
    std::uint32_t low = range.low;
    for (const std::uint32_t last : kLastOfLength) {
      if (low > range.high || low > last) continue;
      put(put, from, encode(low), encode(std::min(range.high, last)), 0);
      low = last + 1;
    }
  }
}

void Nfa::close(std::vector<State>& states, bool at_start, bool at_end, std::vector<std::uint8_t>& seen) const {
  for (const State s : states) seen[s] = 1;
  for (std::size_t i = 0; i < states.size(); ++i)
    for (const Free& free : nodes_[states[i]].free) {
      if ((free.when == When::kAtStart && !at_start) || (free.when == When::kAtEnd && !at_end)) continue;
      if (!seen[free.to]) {
        seen[free.to] = 1;
        states.push_back(free.to);
      }
    }
  for (const State s : states) seen[s] = 0;
}

Dfa Nfa::determinise(State from, State to) const {
  std::bitset<257> cuts;
  for (const Node& node : nodes_)
    for (const Dfa::Edge& edge : node.edges) cuts.set(edge.low), cuts.set(edge.high + 1u);
  std::vector<std::uint8_t> first_of_class;
  for (std::size_t byte = 0; byte < 256; ++byte)
    if (byte == 0 || cuts[byte]) first_of_class.push_back(static_cast<std::uint8_t>(byte));

  std::map<std::pair<bool, std::vector<State>>, Dfa::State> ids;  // the start is apart: assertions hold there
  std::vector<const std::vector<State>*> sets;
  std::vector<std::uint8_t> seen(nodes_.size());
  std::size_t work = 0;
  Dfa::Draft draft;
  const auto id_of = [&](std::vector<State> set, bool at_start) {
    close(set, at_start, false, seen);
    // States that only lead on by nothing say nothing more.
    const auto idle = [&](State s) {
      return s != to && nodes_[s].edges.empty() &&
             std::ranges::none_of(nodes_[s].free, [](const Free& f) { return f.when == When::kAtEnd; });
    };
    work += set.size() + 1;
    std::erase_if(set, idle);
    std::sort(set.begin(), set.end());
    const auto [found, fresh] = ids.try_emplace({at_start, std::move(set)}, static_cast<Dfa::State>(sets.size()));
    if (fresh) {
      sets.push_back(&found->first.second);
      std::vector<State> at_end = found->first.second;
      close(at_end, at_start, true, seen);
      draft.accepts.push_back(std::ranges::find(at_end, to) != at_end.end());
      draft.edges.emplace_back();
    }
    return found->second;
  };
  id_of({from}, true);
  for (Dfa::State state = 0; state < sets.size(); ++state) {
    if (sets.size() > Dfa::kMaxStates || work > kMaxWork)
      throw Error(Status::kInput, "a regular expression needs more than " + std::to_string(Dfa::kMaxStates) +
                                      " states; use smaller repeats");
    const std::vector<State> set = *sets[state];
    std::vector<Dfa::Edge> edges;
    for (const State s : set) edges.insert(edges.end(), nodes_[s].edges.begin(), nodes_[s].edges.end());
    for (std::size_t c = 0; c < first_of_class.size(); ++c) {
      const std::uint8_t low = first_of_class[c];
      const auto high = static_cast<std::uint8_t>(c + 1 < first_of_class.size() ? first_of_class[c + 1] - 1 : 255);
      std::vector<State> targets;
      for (const Dfa::Edge& edge : edges)
        if (edge.low <= low && high <= edge.high) targets.push_back(edge.target);
      work += edges.size() / 8;
      if (targets.empty()) continue;
      std::sort(targets.begin(), targets.end());
      targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
      const Dfa::State target = id_of(std::move(targets), false);
      draft.edges[state].push_back({low, high, target});
    }
  }
  return Dfa(std::move(draft));
}

}  // namespace eve
