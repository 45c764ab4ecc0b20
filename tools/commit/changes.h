// SPDX-License-Identifier: Apache-2.0
// A diff as eve-commit sees it: what counts, what is left out, and what is known of it without a model.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "commit/evidence.h"
#include "commit/paths.h"
#include "commit/symbols.h"
#include "tasks/diff.h"

namespace eve::commit {

struct LeftOut {
  std::string path, reason;
};

struct Changes {
  std::shared_ptr<const std::string> text;  ///< what the lines of `files` lie in; null: in the caller's keeping
  std::vector<tasks::FileDiff> files;       ///< those that count; when none does, all of them without their lines
  std::vector<LeftOut> left_out;
  SymbolChanges symbols;
  std::vector<std::string> features;
  TypeEvidence types;
  std::vector<std::string> secrets;  ///< "FILE: aws-key" for what looks like a key on an added line

  /// Whether no file has lines that say what the change is: all are removed, renamed, empty or binary.
  bool only_moves() const;
  std::vector<std::string> removed_public() const;  ///< names of public definitions that are gone
};

/// Why the content of a file does not count ("lock file"); empty when it does.
using WhyLeftOut = std::function<std::string(const std::string& path)>;
std::string why_left_out(const std::string& path, const IgnoreList& own);

Changes read_changes(std::vector<tasks::FileDiff> files, const WhyLeftOut& why);

/// Whether the rules of eve-pii for keys, tokens and passwords find one in the text.
bool has_secret(std::string_view text);

/// "3 lock files, dist/a.js (generated)" for a message to the user.
std::string summary(const std::vector<LeftOut>& left_out);

/// Files by the type that their own paths and lines speak for, when they speak for more than one.
struct Part {
  std::string type;
  std::vector<std::string> paths;
};
std::vector<Part> parts_by_type(const Changes& changes);

}  // namespace eve::commit
