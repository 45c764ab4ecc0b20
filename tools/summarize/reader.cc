// SPDX-License-Identifier: Apache-2.0
#include "summarize/reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/utf8.h"
#include "eve/error.h"
#include "summarize/line_head.h"
#include "summarize/log.h"
#include "tasks/text.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;

constexpr std::array<Text, 8> kNames = {"text", "dialogue", "irc", "weechat", "export", "mail", "captions", "log"};
constexpr std::size_t kTurnBytes = 64 << 10;  // a paragraph longer than this is several

bool is_blank(Text line) { return line.find_first_not_of(" \t\r") == line.npos; }

/// Lines of conversations; one without a speaker goes on with what was said before.
class ChatReader : public Reader {
 public:
  using Split = std::optional<Said> (*)(Text);
  ChatReader(Split split, TurnSink sink) : split_(split), sink_(std::move(sink)) {}

  void line(Text line, std::uint64_t number) override {
    if (is_blank(line)) return;
    const auto said = split_(line);
    if (said || turn_.text.size() > kTurnBytes) {
      end();
      turn_.line = number;
      if (said) turn_.speaker = clean_line(said->speaker);
      event_ = said && said->speaker.empty();
    } else if (turn_.line == 0) {
      turn_.line = number;
    }
    turn_.text.append(turn_.text.empty() ? "" : " ").append(clean_line(said ? said->text : line));
  }

  void end() override {
    if (!turn_.text.empty() && !event_) {
      turn_.number = ++count_;
      sink_(std::move(turn_));
    }
    turn_ = {};
    event_ = false;
  }

 private:
  Split split_;
  TurnSink sink_;
  Turn turn_;
  bool event_ = false;
  std::uint64_t count_ = 0;
};

/// Paragraphs: lines up to an empty one; a heading, an item of a list and a long line stand alone.
class TextReader : public Reader {
 public:
  explicit TextReader(TurnSink sink) : sink_(std::move(sink)) {}

  void line(Text line, std::uint64_t number) override {
    if (is_blank(line)) return end();
    if (begins_anew(line) || turn_.text.size() > kTurnBytes) end();
    if (turn_.line == 0) turn_.line = number;
    turn_.text.append(turn_.text.empty() ? "" : " ").append(clean_line(line));
    if (line.starts_with('#') || line.size() > 200) end();
  }

  void end() override {
    if (!turn_.text.empty()) {
      turn_.number = ++count_;
      sink_(std::move(turn_));
    }
    turn_ = {};
  }

 private:
  TurnSink sink_;
  Turn turn_;
  std::uint64_t count_ = 0;

  static bool begins_anew(Text line) {
    const std::size_t at = line.find_first_not_of(" \t");
    const Text rest = line.substr(at);
    if (rest.starts_with("- ") || rest.starts_with("* ") || rest.starts_with("\xE2\x80\xA2") || rest.starts_with('#'))
      return true;
    const std::size_t digits = rest.find_first_not_of("0123456789");
    return digits != rest.npos && digits > 0 && digits < 3 && (rest[digits] == '.' || rest[digits] == ')') &&
           rest.substr(digits + 1).starts_with(' ');
  }
};

bool is_mail(std::span<const std::string> lines) {
  if (lines.empty()) return false;
  if (lines[0].starts_with("From ") && lines[0].find('@') != std::string::npos) return true;
  std::set<std::string> headers;
  for (const std::string& line : lines.first(std::min<std::size_t>(lines.size(), 60))) {
    if (is_blank(line)) break;
    if (line[0] == ' ' || line[0] == '\t') continue;
    const std::size_t colon = line.find(':');
    if (colon == line.npos || line.find(' ') < colon) return false;
    headers.insert(tasks::lower(line.substr(0, colon)));
  }
  std::size_t known = 0;
  for (const char* name : {"to", "subject", "date", "message-id", "received", "return-path", "cc", "sent"})
    known += headers.contains(name);
  return headers.contains("from") && known >= 1;
}

bool is_captions(std::span<const std::string> lines) {
  if (!lines.empty() && lines[0].starts_with("WEBVTT")) return true;
  // "00:00:01,000 --> 00:00:04,000"
  for (const std::string& line : lines.first(std::min<std::size_t>(lines.size(), 6)))
    if (const std::size_t arrow = line.find(" --> "); arrow != line.npos && line.find(':') < arrow)
      return line.find_first_not_of("0123456789:.,") == arrow && line[arrow + 5] >= '0' && line[arrow + 5] <= '9';
  return false;
}

}  // namespace

std::string clean_line(Text text) {
  std::string line;
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    // A colour or cursor sequence: ESC [ parameters letter.
    if (text[at] == '\x1b' && at + 1 < text.size() && text[at + 1] == '[') {
      at += 2;
      while (at < text.size() && (text[at] < '@' || text[at] > '~')) ++at;
      at += at < text.size();
      continue;
    }
    const CodePoint point = utf8_at(text, at);
    at += point.bytes;
    if (point.value == ' ' || (point.value >= '\t' && point.value <= '\r') || point.value == 0xA0) {
      space = !line.empty();
      continue;
    }
    if (point.value == CodePoint::kInvalid || is_unsafe_on_terminal(point.value) || point.value == 0xFEFF) continue;
    if (space) line += ' ';
    space = false;
    append_utf8(line, point.value);
  }
  return line;
}

std::string_view name_of(Dialect dialect) { return kNames[static_cast<std::size_t>(dialect)]; }

std::vector<std::string> dialect_names() { return {kNames.begin(), kNames.end()}; }

std::optional<Dialect> dialect_of(Text name) {
  const auto found = std::ranges::find(kNames, name);
  return found == kNames.end() ? std::nullopt : std::optional(static_cast<Dialect>(found - kNames.begin()));
}

Dialect detect(std::span<const std::string> all) {
  while (!all.empty() && is_blank(all.front())) all = all.subspan(1);
  if (all.empty()) return Dialect::kText;
  if (is_captions(all)) return Dialect::kCaptions;
  const std::string& first = all.front();
  const std::size_t inside = first.find_first_not_of(" \t\r", 1);
  if (first[0] == '{' && is_message_json(first)) return Dialect::kExport;
  const bool opens = inside == first.npos;  // a bracket alone on the line
  if (first[0] == '{' && (opens || first[inside] == '"')) {
    // A document has its end elsewhere; a line that ends is one of many.
    return first[first.find_last_not_of(" \t\r")] == '}' && all.size() > 1 ? Dialect::kLog : Dialect::kExport;
  }
  if (first[0] == '[' && (opens || first[inside] == '{')) return Dialect::kExport;
  if (is_mail(all)) return Dialect::kMail;

  std::size_t lines = 0, irc = 0, weechat = 0, named = 0, logged = 0;
  std::map<std::string, std::size_t, std::less<>> speakers, shapes;
  for (const std::string& line : all) {
    if (is_blank(line)) continue;
    ++lines;
    irc += irc_line(line).has_value();
    weechat += weechat_line(line).has_value();
    if (const auto said = named_line(line)) {
      ++named;
      ++speakers[std::string(said->speaker)];
    }
    logged += stamp_end(line) > 0 || has_level(line);
    ++shapes[log_shape(line)];
  }
  if (weechat * 2 > lines) return Dialect::kWeechat;
  if (irc * 2 > lines) return Dialect::kIrc;
  if (named * 2 > lines && speakers.size() <= std::max<std::size_t>(8, named * 3 / 5)) return Dialect::kDialogue;
  if (logged * 2 > lines && lines > 1) return Dialect::kLog;
  std::size_t repeated = 0;
  for (const auto& [shape, count] : shapes) repeated += count > 1 ? count : 0;
  if (lines >= 20 && repeated * 2 > lines) return Dialect::kLog;
  // Some paragraphs a turn.
  if (named * 4 > lines && named >= 4 && speakers.size() * 2 <= named) return Dialect::kDialogue;
  return Dialect::kText;
}

std::unique_ptr<Reader> make_reader(Dialect dialect, std::size_t limit_bytes, TurnSink sink) {
  switch (dialect) {
    case Dialect::kDialogue:
      return std::make_unique<ChatReader>(named_line, std::move(sink));
    case Dialect::kIrc:
      return std::make_unique<ChatReader>(irc_line, std::move(sink));
    case Dialect::kWeechat:
      return std::make_unique<ChatReader>(weechat_line, std::move(sink));
    case Dialect::kExport:
      return make_export_reader(limit_bytes, std::move(sink));
    case Dialect::kMail:
      return make_mail_reader(limit_bytes, std::move(sink));
    case Dialect::kCaptions:
      return make_caption_reader(std::move(sink));
    case Dialect::kText:
    case Dialect::kLog:
      break;
  }
  return std::make_unique<TextReader>(std::move(sink));
}

}  // namespace eve::summarize
