// SPDX-License-Identifier: Apache-2.0
// Lines in, turns out: which of the usual forms a text has, and its reader.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "summarize/turn.h"

namespace eve::summarize {

enum class Dialect {
  kText,      ///< paragraphs
  kDialogue,  ///< "Name: text", also behind a time (WhatsApp)
  kIrc,       ///< "<nick> text"
  kWeechat,   ///< date, nick and text between tabs
  kExport,    ///< JSON of Slack, Discord, Matrix and the like; one document or a message a line
  kMail,      ///< one mail, a thread or an mbox
  kCaptions,  ///< WebVTT, SRT
  kLog,       ///< lines of programs
};

/// "text", "dialogue", "irc", "weechat", "export", "mail", "captions", "log".
std::string_view name_of(Dialect dialect);
std::vector<std::string> dialect_names();
std::optional<Dialect> dialect_of(std::string_view name);

/// How many lines detect() wants to see, and bytes of them.
inline constexpr std::size_t kHeadLines = 400, kHeadBytes = 256 << 10;
/// The form of a text that begins with these lines.
Dialect detect(std::span<const std::string> lines);

/// Reads one document. Not for kLog, whose lines are clustered (summarize/log.h).
class Reader {
 public:
  virtual ~Reader() = default;
  /// A line without its end. Throws kInput for what cannot be read, with `limit_bytes` for what must be kept whole.
  virtual void line(std::string_view line, std::uint64_t number) = 0;
  virtual void end() = 0;
};
std::unique_ptr<Reader> make_reader(Dialect dialect, std::size_t limit_bytes, TurnSink sink);

/// The readers with a form of their own.
std::unique_ptr<Reader> make_export_reader(std::size_t limit_bytes, TurnSink sink);
std::unique_ptr<Reader> make_mail_reader(std::size_t limit_bytes, TurnSink sink);
std::unique_ptr<Reader> make_caption_reader(TurnSink sink);
/// Whether the line is a JSON object with a message and who wrote it.
bool is_message_json(std::string_view line);

}  // namespace eve::summarize
