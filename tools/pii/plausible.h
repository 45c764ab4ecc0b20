// SPDX-License-Identifier: Apache-2.0
// What a model says, held against what any reader can check: a date has a day, a card number its check digit.
#pragma once

#include <string_view>

#include "pii/span.h"

namespace eve::pii {

/// Spans of a model made whole and checked: ends inside a word move to the word's ends, parts of one name or one
/// address are joined, and a span whose form rules its label out gets the label that fits or is dropped.
Spans plausible(std::string_view text, const Spans& model);

/// Moves ends inside a word to the word's ends, the start not before `least`.
void to_word_ends(std::string_view text, std::size_t least, Span& span);

/// Whether two spans of one label with `between` between them are parts of one value.
bool one_value(std::uint16_t label, std::string_view between);

}  // namespace eve::pii
