// SPDX-License-Identifier: Apache-2.0
// What a model adds to a description: words from a list without names, nothing else.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/dfa.h"
#include "eve/eve.h"

namespace eve::prompt {

struct WordLists {
  std::vector<std::string> allow;  ///< words or phrases beside those of the list
  std::vector<std::string> deny;   ///< words that are never added, in any case
};

class Expander {
 public:
  Expander(const Model& model, std::size_t threads, const WordLists& lists);
  /// Tags to be added behind the description, best first, that a TagFilter takes. None repeats another, the description
  /// or its style, the text around it. Words are those of the lists and of the description. The same description and
  /// seed give the same; with temperature 0 any seed does.
  std::vector<std::string> additions(std::string_view description, std::string_view style, float temperature,
                                     std::uint64_t seed, const GenerateOptions& options);

 private:
  Generator generator_;
  std::vector<std::string> allowed_;
  std::vector<std::string> denied_;  // lower case
  std::shared_ptr<const Dfa> words_;
  std::vector<std::string> draw_once(const std::string& subject, std::string_view style, float temperature,
                                     std::uint64_t seed, const GenerateOptions& base);
  bool is_denied(const std::string& word) const;
  std::shared_ptr<const Grammar> grammar(std::string_view description) const;
};

/// The text and, in order, those parts behind it that keep it within `budget` tokens (count_tokens); `between` stands
/// before a part where the text does not end with a mark.
std::string with_additions(std::string text, const std::vector<std::string>& parts, std::string_view between,
                           std::size_t budget);

}  // namespace eve::prompt
