// SPDX-License-Identifier: Apache-2.0
// What a model says, held against what any reader can check: a date has a day, a card number its check digit.
#pragma once

#include <string_view>

#include "pii/span.h"

namespace eve::pii {

/// Spans of a model made whole and checked: ends inside a word move to the word's ends, parts of one name or one
/// address are joined, and a span whose form rules its label out gets the label that fits or is dropped.
Spans plausible(std::string_view text, const Spans& model);

}  // namespace eve::pii
