// SPDX-License-Identifier: Apache-2.0
// Messages handed to commands. No shell: a command's words are split once, when it is read.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace eve::route {

/// The words of a command line: separated by spaces or tabs; '...' and "..." keep them, a backslash keeps the next
/// character (within "..." only before " and \). Nothing else means anything. Throws kInput when a quote is open at the
/// end or there is no word.
std::vector<std::string> command_words(std::string_view line);

/// Starts the program (found on PATH) with `message` and a line feed as its stdin, and returns its exit status, 128 +
/// the signal that ended it, or 127 when it could not be started. Its stdout is appended to `out`; stderr is ours.
/// Throws kSystem when the system gives no file, pipe or process.
int run_command(const std::vector<std::string>& words, std::string_view message, std::string& out);

/// Commands by label. A label without one has that of the nearest label above it (a of a/b).
class Dispatch {
 public:
  /// "LABEL=COMMAND". Throws kInput.
  void add(std::string_view assignment);
  /// For every label whose last part names a tool of eve ("sql", "tools/sql"): that tool, unless the label has a
  /// command already.
  void add_tools(const std::vector<std::string>& labels);
  /// nullptr when there is none.
  const std::vector<std::string>* find(std::string_view label) const;
  bool empty() const { return commands_.empty(); }
  std::vector<std::string> labels() const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> commands_;
};

}  // namespace eve::route
