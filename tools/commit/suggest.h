// SPDX-License-Identifier: Apache-2.0
// From changes to messages.
#pragma once

#include <string>
#include <vector>

#include "commit/changes.h"
#include "commit/config.h"
#include "commit/draft.h"
#include "commit/habits.h"

namespace eve::commit {

/// What is known besides the diff, and what the user has fixed.
struct Wishes {
  Rules rules;
  std::string comment;  ///< character that begins comments in the message file; empty: none
  std::string type, scope;
  bool breaking = false, body = false;
  std::vector<std::pair<std::string, std::string>> footers;
};

struct Suggestion {
  Draft draft;
  double confidence = 0;  ///< (0, 1]
  bool by_model = false;
};

/// Types the rules allow, those that are told apart first.
std::vector<std::string> allowed_types(const Wishes& wishes);

/// Scopes that may be chosen among: of the rules, else of the repository's log and the paths.
std::vector<std::string> possible_scopes(const Wishes& wishes, const Habits& habits,
                                         const std::vector<tasks::FileDiff>& files);

/// Whether the text keeps every rule that is an error and holds no secret, no line that is a comment.
bool is_acceptable(const std::string& text, const Wishes& wishes);

/// The message that paths and definitions give alone; nothing when none keeps the rules.
std::vector<Suggestion> plain_suggestions(const Changes& changes, const Wishes& wishes, const Habits& habits,
                                          std::size_t count);

}  // namespace eve::commit
