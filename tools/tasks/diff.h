// SPDX-License-Identifier: Apache-2.0
// Unified diffs, as `git diff` and `diff -u` print them, file by file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eve::tasks {

struct FileDiff {
  char status = 'M';       ///< A added, D deleted, R renamed, M changed, B binary
  std::string path;        ///< without a/ or b/, unquoted
  std::string old_path;    ///< of renamed and changed files; empty when there was none
  bool submodule = false;  ///< a commit of another repository
  std::size_t added = 0, removed = 0;
  std::vector<std::string_view> lines;  ///< of hunks, with their first character; a heading begins with "@@"
};

/// What lies before the first file is passed over. Lines of a hunk are counted as its heading says, so that a removed
/// "-- x" is not taken for the head of a file. Views point into `diff`.
std::vector<FileDiff> read_diff(std::string_view diff);

/// "function" of "@@ -1,2 +3,4 @@ function".
std::string_view hunk_heading(std::string_view line);

}  // namespace eve::tasks
