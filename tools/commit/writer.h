// SPDX-License-Identifier: Apache-2.0
// Messages by a model that may only write what the rules allow.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commit/suggest.h"
#include "eve/eve.h"

namespace eve::commit {

class Writer {
 public:
  struct Options {
    std::size_t threads = 0;
    std::uint64_t seed = 0;
    std::optional<std::chrono::steady_clock::time_point> deadline;
  };
  Writer(Model model, const Options& options);

  /// Up to `count` messages, best first, each of which is_acceptable() and names nothing that the diff does not have.
  /// The first has the type that the model and the evidence think likeliest together. Empty when the model has none.
  std::vector<Suggestion> suggest(const Changes& changes, const Wishes& wishes, const Habits& habits,
                                  std::size_t count);

 private:
  Model model_;
  Generator generator_;
  Options options_;

  std::vector<double> type_probabilities(const std::string& prompt, const std::vector<std::string>& types);
};

/// What the model reads: the diff in short, with anything that looks like a secret blotted out.
std::string model_prompt(const Changes& changes);

/// Whether every word of the text that looks like a name or a path ("parseHTTP", "a/b.c", "max_size") stands in the
/// diff.
class Vocabulary {
 public:
  explicit Vocabulary(const std::vector<tasks::FileDiff>& files);
  bool knows_names_of(std::string_view text) const;

 private:
  std::string text_;  // lower case
};

/// The texts a message of this type may be: header, and with wishes.body a paragraph. Throws kInput when the rules
/// leave no room for a subject.
std::shared_ptr<const Grammar> message_grammar(const std::string& type, const std::vector<std::string>& scopes,
                                               const Wishes& wishes);

}  // namespace eve::commit
