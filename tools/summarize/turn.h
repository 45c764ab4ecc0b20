// SPDX-License-Identifier: Apache-2.0
// What somebody said, whatever file it comes from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace eve::summarize {

/// A message of a conversation, a paragraph of a text or a caption. One line, safe on a terminal, never empty.
struct Turn {
  std::string speaker;  ///< empty: unknown
  std::string text;
  std::uint64_t number = 0;  ///< of the turn in its document, from 1
  std::uint64_t line = 0;    ///< of the input where it begins, from 1
};

using TurnSink = std::function<void(Turn&&)>;

/// `text` on one line, without what could steer a terminal: control characters, escape sequences, bidi controls.
std::string clean_line(std::string_view text);

}  // namespace eve::summarize
