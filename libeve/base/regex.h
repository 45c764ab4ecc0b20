// SPDX-License-Identifier: Apache-2.0
// Regular expressions, compiled to automata over UTF-8 bytes.
#pragma once

#include <string_view>

#include "base/dfa.h"

namespace eve {

enum class RegexMatch {
  kWhole,   ///< the pattern describes the whole string
  kSearch,  ///< it occurs somewhere in it, as JSON Schema's `pattern` means it
};

/// The valid UTF-8 strings that `pattern` matches: ECMA-262 with the u flag, without look-around, backreferences and
/// word boundaries. `.` is any code point but line ends; \d and \w are ASCII; \s is ECMA's white space; \p{..} and
/// \P{..} take general categories (L, Lu, Letter, ...). Lazy and greedy repeats are the same. Throws kInput, naming the
/// offset in the pattern, for what is malformed or left out, repeats above 1,000, nesting above 100, and patterns that
/// need more than Dfa::kMaxStates states (or as much work); never quotes the pattern.
Dfa regex(std::string_view pattern, RegexMatch match = RegexMatch::kWhole);

/// True when `text` matches; a Dfa kept is faster.
inline bool matches(std::string_view pattern, std::string_view text, RegexMatch match = RegexMatch::kWhole) {
  return regex(pattern, match).matches(text);
}

}  // namespace eve
