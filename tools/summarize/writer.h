// SPDX-License-Identifier: Apache-2.0
// Summaries that a model writes, window by window, and what in the text supports them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eve/eve.h"
#include "summarize/extractive.h"
#include "summarize/summary.h"
#include "summarize/words_of.h"

namespace eve::summarize {

class Writer {
 public:
  struct Settings {
    std::size_t window_bytes;
    double min_agreement;  ///< of the drafts of a window; it is quoted below
    Limits quotations;     ///< how much of it
    bool strict;
  };
  Writer(Generator& generator, const GenerateOptions& options, const Settings& settings)
      : generator_(generator), options_(options), settings_(settings) {}

  /// Windows are written as they fill; of each its sentences' places are kept, and of the sentences those worth most.
  void add(const Turn& turn, const Shape& shape);
  /// Sentences of the whole within the limits, in the order of the text, each once. A text of one window is written
  /// within them; of a longer one the sentences are chosen that together hold most.
  std::vector<Statement> finish(const Shape& shape);
  std::uint64_t windows() const { return windows_; }
  std::uint64_t quoted() const { return quoted_; }    ///< windows of which the model wrote nothing acceptable
  std::uint64_t dropped() const { return dropped_; }  ///< sentences that nothing supports, with `strict`

 private:
  Generator& generator_;
  GenerateOptions options_;
  Settings settings_;
  std::vector<Turn> window_;
  std::size_t bytes_ = 0;
  std::uint64_t windows_ = 0, quoted_ = 0, dropped_ = 0;
  Extractor extractor_;                            // of what was written
  std::vector<Statement> statements_;              // of the latest windows
  std::vector<std::vector<std::uint64_t>> cites_;  // by number of the sentence
  void write(const Shape& shape);
  struct Draft {
    std::string text;
    bool is_full = false;  // no room was left
    bool is_sure = false;  // of its words
  };
  std::vector<Draft> drafts(const Generator::Request& request, GenerateOptions options);
  Draft agreed(const std::vector<Draft>& drafts) const;
  void quote(const Shape& shape, const std::vector<Draft>& drafts);
  void keep(Statement statement);
};

/// Whether no sentence goes round in circles or lacks the noun behind an article.
bool is_sound(std::string_view text);

/// The turns, at most three, that have most of the sentence's words, and the share of them (rare words weigh more) that
/// they have.
struct Support {
  std::vector<std::uint64_t> turns;
  double share = 0;
};
Support support_of(std::string_view sentence, const std::vector<Turn>& turns);

}  // namespace eve::summarize
