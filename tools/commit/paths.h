// SPDX-License-Identifier: Apache-2.0
// What a path says of a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/dfa.h"

namespace eve::commit {

enum class FileKind { kSource, kTest, kDocs, kCi, kBuild, kSettings, kLock, kGenerated, kVendored, kData };

FileKind kind_of(std::string_view path);
/// "source", "tests", "documentation", ...
std::string_view name_of(FileKind kind);

std::string_view file_name(std::string_view path);
std::string_view directory(std::string_view path);  ///< without the "/" at its end; empty for the root

/// Patterns of a .gitignore-like file: the last that matches decides, "!" takes a file back in.
class IgnoreList {
 public:
  IgnoreList() = default;
  /// Throws kInput, naming `where` and the line, for a pattern that is too large.
  IgnoreList(std::string_view text, const std::string& where);
  bool ignores(std::string_view path) const;

 private:
  struct Pattern {
    Dfa paths;
    bool keeps;
  };
  std::vector<Pattern> patterns_;
};

}  // namespace eve::commit
