// SPDX-License-Identifier: Apache-2.0
// Numbers in a range, and multiples of a number, as automata over their digits.
#pragma once

#include <optional>
#include <vector>

#include "base/decimal.h"
#include "base/dfa.h"
#include "decode/grammar.h"

namespace eve {

/// Which numbers may be written.
struct NumberSet {
  struct Bound {
    Decimal value;
    bool upper;  ///< else a lower one
    bool open;   ///< the value itself is out
  };
  bool integers = true, fractions = true;
  std::vector<Bound> bounds;
  std::vector<Decimal> divisors;
};

struct NumberGrammar {
  Grammar::Node node;
  bool bounds_kept = true, divisors_kept = true;  ///< false: too large for an automaton; the grammar allows more
};

/// JSON numbers of the set. Integers without a point and with 18 digits (more where a bound has more), other numbers
/// with up to 17 digits behind the point; an exponent only when there is neither bound nor divisor.
NumberGrammar number_grammar(GrammarBuilder& builder, const NumberSet& set);

/// Digits with an optional fraction whose value is, as asked, less than `bound` >= 0, equal or greater. Leading zeros
/// are taken as they come.
Dfa compared(const Decimal& bound, bool less, bool equal, bool greater);
/// Digits with an optional fraction whose value is a multiple of `divisor`; nothing when that takes too many states.
std::optional<Dfa> multiples(const Decimal& divisor);

}  // namespace eve
