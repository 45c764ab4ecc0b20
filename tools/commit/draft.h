// SPDX-License-Identifier: Apache-2.0
// A message to be written: its parts, its form, and what it may be without a model.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commit/lint.h"
#include "commit/symbols.h"
#include "tasks/diff.h"

namespace eve::commit {

struct Draft {
  std::string type, scope, subject;
  bool breaking = false;
  std::string body;                                          ///< paragraphs, lines already broken
  std::vector<std::pair<std::string, std::string>> footers;  ///< token and value, as "Refs" and "#12"

  std::string header() const;  ///< "type(scope)!: subject"
  /// The message, its parts separated by empty lines, with a line feed at its end. Footers are such that
  /// `git interpret-trailers` reads them; long values are broken into indented lines.
  std::string text() const;
};

/// Text in lines of at most `width` characters, broken at blanks; words longer than that stand alone.
std::string wrapped(std::string_view text, std::size_t width, std::string_view indent = "");

/// Subjects that paths and definitions give for a type, the most telling first; the last fits in any limit.
std::vector<std::string> plain_subjects(const std::string& type, const std::vector<tasks::FileDiff>& files,
                                        const SymbolChanges& symbols);

/// "ABC-123" or "#123" from the name of a branch ("feature/ABC-123-login", "fix/123-crash"); empty when it has none.
std::string issue_of_branch(std::string_view branch);

}  // namespace eve::commit
