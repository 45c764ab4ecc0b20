// SPDX-License-Identifier: Apache-2.0
#include "decode/number_grammar.h"

#include <algorithm>
#include <string>

#include "base/regex.h"
#include "eve/error.h"

namespace eve {
namespace {

using State = Dfa::State;

constexpr std::size_t kDigits = 18;
constexpr std::int64_t kMaxBoundDigits = 400;
constexpr std::uint64_t kMaxMultipleStates = 6'000;

void edge(Dfa::Draft& draft, State from, int low, int high, State to) {
  if (low <= high)
    draft.edges[from].push_back({static_cast<std::uint8_t>('0' + low), static_cast<std::uint8_t>('0' + high), to});
}

Decimal magnitude(const Decimal& value) {
  return *Decimal::parse(value.negative() ? value.str().substr(1) : value.str());
}

bool fits(const Decimal& bound) {
  return bound.exponent() >= -kMaxBoundDigits &&
         bound.exponent() + static_cast<std::int64_t>(bound.digits().size()) <= kMaxBoundDigits;
}

/// Numbers with this sign that keep the bounds, without the sign; empty when there is none.
Dfa half_line(const NumberSet& set, bool negative, Dfa form) {
  if (negative) form = intersection(form, compared(Decimal(0), false, false, true));
  for (const NumberSet::Bound& bound : set.bounds) {
    if (!fits(bound.value)) continue;
    const bool other_side = bound.value.negative() != negative && !bound.value.zero();
    const bool zero = bound.value.zero();
    // Below a bound that lies on the other side, or above it: all or nothing.
    if (other_side || (zero && negative)) {
      if (bound.upper != negative) return {};
      continue;
    }
    const bool less = bound.upper != negative;
    form = intersection(form, compared(magnitude(bound.value), less, !bound.open, !less));
  }
  return form;
}

}  // namespace

Dfa compared(const Decimal& bound, bool less, bool equal, bool greater) {
  std::string whole, fraction;
  const std::string& digits = bound.digits();
  const std::int64_t point = static_cast<std::int64_t>(digits.size()) + bound.exponent();
  if (point <= 0) {
    whole = "0";
    if (!bound.zero()) fraction = std::string(static_cast<std::size_t>(-point), '0') + digits;
  } else {
    whole = digits.substr(0, static_cast<std::size_t>(point));
    whole.resize(static_cast<std::size_t>(point), '0');
    if (static_cast<std::size_t>(point) < digits.size()) fraction = digits.substr(static_cast<std::size_t>(point));
  }
  // 0: nothing read. Then three states for each count of digits read: less, equal, greater as far as they are
  // compared. Then: longer than the bound; a fraction that decides nothing any more (two); one equal so far.
  const std::size_t n = whole.size();
  const auto read = [](std::size_t count, std::size_t relation) {
    return static_cast<State>(1 + 3 * (count - 1) + relation);
  };
  const auto longer = static_cast<State>(1 + 3 * n);
  const State is_less = longer + 1, is_greater = longer + 2, same = longer + 3;
  Dfa::Draft draft;
  draft.edges.resize(same + fraction.size() + 1);
  draft.accepts.resize(draft.edges.size());
  const auto compare_digit = [&](State from, char digit, State below, State at, State above) {
    edge(draft, from, 0, digit - '0' - 1, below);
    edge(draft, from, digit - '0', digit - '0', at);
    edge(draft, from, digit - '0' + 1, 9, above);
  };
  const auto dot = [&](State from, State to) { draft.edges[from].push_back({'.', '.', to}); };
  compare_digit(0, whole[0], read(1, 0), read(1, 1), read(1, 2));
  for (std::size_t count = 1; count <= n; ++count) {
    for (std::size_t relation = 0; relation < 3; ++relation) {
      const State from = read(count, relation);
      const bool shorter = count < n;
      dot(from, shorter || relation == 0 ? is_less : relation == 1 ? same : is_greater);
      if (!shorter)
        edge(draft, from, 0, 9, longer);
      else if (relation == 1)
        compare_digit(from, whole[count], read(count + 1, 0), read(count + 1, 1), read(count + 1, 2));
      else
        edge(draft, from, 0, 9, read(count + 1, relation));
      draft.accepts[from] = shorter || relation == 0 ? less : relation == 2 ? greater : fraction.empty() ? equal : less;
    }
  }
  dot(longer, is_greater);
  edge(draft, longer, 0, 9, longer);
  edge(draft, is_less, 0, 9, is_less);
  edge(draft, is_greater, 0, 9, is_greater);
  draft.accepts[longer] = draft.accepts[is_greater] = greater;
  draft.accepts[is_less] = less;
  for (State at = 0; at <= fraction.size(); ++at) {
    const bool last = at == fraction.size();
    compare_digit(same + at, last ? '0' : fraction[at], is_less, last ? same + at : same + at + 1, is_greater);
    draft.accepts[same + at] = last ? equal : less;
  }
  return Dfa(std::move(draft));
}

std::optional<Dfa> multiples(const Decimal& divisor) {
  // value * 10^places must be a multiple of `modulus`.
  if (divisor.digits().size() > 6 || divisor.exponent() > 6 || divisor.exponent() < -9) return std::nullopt;
  std::uint64_t modulus = std::stoull(divisor.digits());
  for (std::int64_t i = 0; i < divisor.exponent(); ++i) modulus *= 10;
  const auto places = static_cast<std::uint64_t>(std::max<std::int64_t>(0, -divisor.exponent()));
  if (modulus * (places + 2) > kMaxMultipleStates) return std::nullopt;
  // State: modulus * phase + rest; phase 0 is the whole part, 1 + j a fraction with j digits. One start before all.
  const auto state = [&](std::uint64_t phase, std::uint64_t rest) {
    return static_cast<State>(1 + modulus * phase + rest);
  };
  Dfa::Draft draft;
  draft.edges.resize(1 + modulus * (places + 2));
  draft.accepts.resize(draft.edges.size());
  for (int digit = 0; digit < 10; ++digit)
    edge(draft, 0, digit, digit, state(0, static_cast<std::uint64_t>(digit) % modulus));
  for (std::uint64_t phase = 0; phase < places + 2; ++phase) {
    for (std::uint64_t rest = 0; rest < modulus; ++rest) {
      const State from = state(phase, rest);
      const bool full = phase == places + 1;
      for (int digit = 0; digit < (full ? 1 : 10); ++digit) {
        const std::uint64_t next = (rest * 10 + static_cast<std::uint64_t>(digit)) % modulus;
        edge(draft, from, digit, digit, full ? from : state(phase == 0 ? 0 : phase + 1, next));
      }
      if (phase == 0) draft.edges[from].push_back({'.', '.', state(1, rest)});
      std::uint64_t end = rest;
      for (std::uint64_t j = phase == 0 ? 0 : phase - 1; j < places; ++j) end = end * 10 % modulus;
      draft.accepts[from] = end == 0;
    }
  }
  return Dfa(std::move(draft));
}

NumberGrammar number_grammar(GrammarBuilder& builder, const NumberSet& set) {
  NumberGrammar out{};
  std::size_t digits = kDigits;
  for (const auto& bound : set.bounds) {
    if (!fits(bound.value)) {
      out.bounds_kept = false;
      continue;
    }
    const std::int64_t size = bound.value.exponent() + static_cast<std::int64_t>(bound.value.digits().size());
    digits = std::max(digits, static_cast<std::size_t>(std::max<std::int64_t>(0, size)));
  }
  const std::string whole = "(?:0|[1-9][0-9]{0," + std::to_string(digits - 1) + "})";
  std::string form = whole;
  if (set.fractions) form += set.integers ? "(?:\\.[0-9]{1,17})?" : "\\.[0-9]{0,16}[1-9]";
  if (set.bounds.empty() && set.divisors.empty()) {
    if (set.integers && set.fractions) form += "(?:[eE][+-]?[0-9]{1,3})?";
    out.node = builder.terminal(regex("-?" + form));
    return out;
  }
  const Dfa written = regex(form);
  Dfa above = half_line(set, false, written), below = half_line(set, true, written);
  for (const Decimal& divisor : set.divisors) {
    try {
      if (const auto of = multiples(divisor)) {
        above = intersection(above, *of);
        below = intersection(below, *of);
        continue;
      }
    } catch (const Error&) {
      // Too many states for both at once.
    }
    out.divisors_kept = false;
  }
  out.node =
      builder.choice({above.empty() ? builder.nothing() : builder.terminal(std::move(above)),
                      below.empty() ? builder.nothing()
                                    : builder.sequence({builder.literal("-"), builder.terminal(std::move(below))})});
  return out;
}

}  // namespace eve
