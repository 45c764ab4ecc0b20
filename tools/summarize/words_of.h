// SPDX-License-Identifier: Apache-2.0
// Which words a text lets its summary write.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decode/grammar.h"
#include "summarize/turn.h"

namespace eve::summarize {

/// Words of a text beside common English ones. A particular is a word with a capital letter inside a sentence, or with
/// a digit; a run is particulars that stand beside each other.
struct TextWords {
  static constexpr std::size_t kMaxRun = 4;
  std::vector<std::string> plain;          ///< lower-case words that are not common, number words and days too
  std::vector<std::string> starts;         ///< the same with a capital letter, for the start of a sentence
  std::vector<std::string> runs[kMaxRun];  ///< of 1, 2, ... particulars
};
TextWords words_of(const std::vector<Turn>& turns);

/// Bounds of a summary; least <= sentences.
struct Shape {
  std::size_t words = 0;  ///< 0: not counted
  std::size_t sentences = 3, least = 1;
  bool full_stop = true;  ///< at the end: a title has none
};

/// Sentences of common words and of what the text has: names, numbers, dates and rare words can only be those of the
/// text, and particulars beside each other only as they stand there. Lengths hold exactly.
std::shared_ptr<const Grammar> summary_grammar(const TextWords& words, const Shape& shape);

}  // namespace eve::summarize
