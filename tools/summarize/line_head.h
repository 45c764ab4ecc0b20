// SPDX-License-Identifier: Apache-2.0
// What a line begins with: a time stamp, a nick, a name, a level. Forms are told by their look alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace eve::summarize {

/// End of a time stamp at the front and what separates it from the rest: "[10:20] ", "2026-11-22T10:20:01.5Z ",
/// "Dec 10 06:55:46 ", "12/03/24, 10:20 - ", "081109 203615 ". 0: there is none.
std::size_t stamp_end(std::string_view line);

/// A line of a conversation. No speaker: an event that nobody said (joins, parts, topics).
struct Said {
  std::string_view speaker, text;
};

/// "<nick> text", "* nick acts" and "-!- event", behind a stamp or not.
std::optional<Said> irc_line(std::string_view line);
/// "date time<TAB>nick<TAB>text"; nicks "-->", "<--", "--" and " *" are events and actions.
std::optional<Said> weechat_line(std::string_view line);
/// "Name: text" with a name of at most four words, behind a stamp or not.
std::optional<Said> named_line(std::string_view line);

/// Whether one of the first words is a level such as INFO, [error] or level=warn.
bool has_level(std::string_view line);

}  // namespace eve::summarize
