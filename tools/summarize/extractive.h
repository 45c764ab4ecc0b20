// SPDX-License-Identifier: Apache-2.0
// A summary of sentences of the input: nothing in it is anybody's invention.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "summarize/turn.h"

namespace eve::summarize {

/// 0: no limit.
struct Limits {
  std::size_t words = 0, sentences = 0;
};

/// A sentence of a turn.
struct Excerpt {
  std::string speaker, text;
  std::uint64_t turn = 0, line = 0;
  std::vector<std::string> terms;
  std::size_t words = 0;    ///< of speaker and text
  bool question = false;    ///< of the sentence
  std::uint64_t order = 0;  ///< number of the sentence
};

/// Chooses sentences that together hold most of what the text says often: greedy weighted coverage with costs (Lin and
/// Bilmes, 2010), weights by how many sentences have a word and how many turns away it comes back. Memory is bounded:
/// of a long text the sentences that are worth least are let go, and the counts of words that came once.
class Extractor {
 public:
  void add(const Turn& turn);
  /// Other summaries of the text: the words that they share with it weigh more, three times as much if all have them.
  void heed(const std::vector<std::string>& summaries);
  /// In the order of the text; sentences too long for the limit alone are shortened. Empty for an empty text.
  std::vector<Excerpt> choose(const Limits& limits) const;
  /// One line of at most `words` words for the whole.
  std::string title(std::size_t words) const;
  /// Of what the text says (its words, weighted), the part that `terms` hold: 0 to 1.
  double share(const std::vector<std::string>& terms) const;
  std::uint64_t sentences() const { return sentences_; }

 private:
  std::vector<Excerpt> kept_;
  std::unordered_map<std::string, std::uint32_t> counts_;  // sentences with the term
  std::unordered_map<std::string, double> heeded_;         // share of the summaries with the term
  std::uint64_t sentences_ = 0;
  std::uint64_t turns_ = 0;

  double weight(const std::string& term) const;
  double worth(const Excerpt& excerpt) const;
  void shed();
};

/// "Ann: text", the text alone without a speaker; a text without an end gets a full stop.
std::string said(const Excerpt& excerpt);

}  // namespace eve::summarize
