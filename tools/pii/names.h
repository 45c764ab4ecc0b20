// SPDX-License-Identifier: Apache-2.0
// What the text around a name says for it or against it, and what follows from a name that is sure.
#pragma once

#include <cstddef>
#include <string_view>

#include "pii/span.h"

namespace eve::pii {

/// What a model's score of a PERSON in text[start, end) becomes in the light of its words: those of the English
/// dictionary, of lists of countries, languages and systems, forms of companies, the form of the value. Evidence adds
/// log-odds.
float weighed(std::string_view text, std::size_t start, std::size_t end, float score);

/// Adds what follows from the PERSON spans: their names where they stand again in the same letters, as PERSON, and
/// log-in names made of them ("maria.weber", "mweber", "maria73"), as USERNAME. `spans` are sorted and stay so. Linear.
void add_namesakes(std::string_view text, Spans& spans);

}  // namespace eve::pii
