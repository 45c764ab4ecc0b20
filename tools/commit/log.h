// SPDX-License-Identifier: Apache-2.0
// Commits that were made before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eve::commit {

struct LogEntry {
  std::string message;
  std::vector<std::string> paths;  ///< what the commit changed, as far as it is known
};

/// What `git log --name-only` prints, newest first. Throws kInput, naming `where`, for anything else; an empty text is
/// a log without commits.
std::vector<LogEntry> read_log(std::string_view text, const std::string& where);

}  // namespace eve::commit
