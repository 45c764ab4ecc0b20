// SPDX-License-Identifier: Apache-2.0
// From changes to messages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "commit/changes.h"
#include "commit/config.h"
#include "commit/draft.h"
#include "commit/repository.h"

namespace eve::commit {

/// What is known besides the diff, and what the user has fixed.
struct Wishes {
  Rules rules;
  std::string comment;  ///< character that begins comments in the message file; empty: none
  std::string type, scope;
  bool breaking = false, body = false;
  std::vector<std::pair<std::string, std::string>> footers;
};

/// How the messages of a repository look.
struct Habits {
  std::size_t messages = 0;                   ///< with a type
  std::map<std::string, std::size_t> scopes;  ///< how often each stands
  std::map<std::string, std::map<std::string, std::size_t>> scopes_of_directory;

  /// Whether more than half of at least eight messages have a scope; unknown without so many.
  bool scoped() const;
  bool known() const;
  /// The scope that most commits to these files' directories had, or none.
  std::string scope_of(const std::vector<tasks::FileDiff>& files) const;
};
Habits read_habits(const std::vector<LogEntry>& log);

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
