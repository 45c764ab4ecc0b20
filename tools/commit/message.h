// SPDX-License-Identifier: Apache-2.0
// A commit message in parts, as commitlint's parser (conventional-commits-parser 6) takes it apart.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eve::commit {

/// What stands in a message. Parts that are not there are empty.
struct Message {
  std::string raw;                      ///< the message as it came
  std::optional<std::string> header;    ///< the first line; none when it is empty
  std::string type, scope, subject;     ///< of the header, all empty when it has another form
  std::string body, footer;             ///< without line ends at their ends
  bool breaking = false;                ///< "!" in the header, or a BREAKING CHANGE note
  std::vector<std::string> references;  ///< lines that name an issue ("Closes #1")
};

struct ParseOptions {
  /// The grammar of conventional-changelog-conventionalcommits; else that of -angular, which knows no "!". commitlint
  /// takes the latter for a configuration that names no preset.
  bool conventional = true;
  /// Lines that begin with it are comments, and what follows a scissors line is cut off. Empty: no comments.
  std::string comment;
};

Message parse_message(std::string_view text, const ParseOptions& options = {});

/// The message as git would store it with commit.cleanup = strip: no comments, no text behind a scissors line, no
/// blanks at line ends, single empty lines. `comment` empty: there are no comments.
std::string clean_message(std::string_view text, std::string_view comment);

/// Whether commitlint leaves the message alone: merges, reverts, fixups, bare versions.
bool is_ignored(std::string_view text);

/// Whether the line names an issue as commitlint sees it; such a line begins the footer.
bool has_reference(std::string_view line);

/// UTF-16 units, which is how JavaScript and so commitlint counts.
std::size_t utf16_length(std::string_view text);

/// Lines without their ends, LF or CRLF.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace eve::commit
