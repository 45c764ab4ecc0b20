// SPDX-License-Identifier: Apache-2.0
#include "commit/message.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/utf8.h"
#include "commit/letter_case.h"

namespace eve::commit {

namespace {

using Text = std::string_view;

constexpr Text kScissors = " ------------------------ >8 ------------------------";

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// What "." of a JavaScript pattern does not match.
bool has_line_end(Text text) {
  return text.find_first_of("\r\n") != text.npos || text.find("\u2028") != text.npos ||
         text.find("\u2029") != text.npos;
}

Text trim_line_ends(Text text) {
  const std::size_t begin = text.find_first_not_of("\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of("\r\n") - begin + 1);
}

bool equal_in_any_case(Text a, Text b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// type, scope and subject of `type(scope)!: subject`; with `mark`, only where the "!" is there. The scope reaches to
/// the last parenthesis that makes a header of it.
bool read_header(Text header, bool conventional, bool mark, Message& message) {
  std::size_t at = 0;
  while (at < header.size() && is_word(header[at])) ++at;
  const auto subject_at = [&](std::size_t i) -> std::size_t {
    const bool marked = conventional && i < header.size() && header[i] == '!';
    if (mark && !marked) return Text::npos;
    return header.substr(i + marked).starts_with(": ") ? i + marked + 2 : Text::npos;
  };
  const auto take = [&](Text scope, std::size_t subject) {
    if (has_line_end(scope) || has_line_end(header.substr(subject))) return false;
    message.type = header.substr(0, at);
    message.scope = scope;
    message.subject = header.substr(subject);
    return true;
  };
  if (at < header.size() && header[at] == '(') {
    for (std::size_t close = header.rfind(')'); close != Text::npos && close > at; close = header.rfind(')', close - 1))
      if (const std::size_t subject = subject_at(close + 1); subject != Text::npos)
        return take(header.substr(at + 1, close - at - 1), subject);
    return false;
  }
  const std::size_t subject = subject_at(at);
  return subject != Text::npos && take({}, subject);
}

/// Bytes of an action ("closes") with white space behind it that stand at the start, or 0.
std::size_t action_bytes(Text text, bool& blank) {
  static constexpr std::array<Text, 9> kActions = {"closes", "closed",   "close",    "fixes",  "fixed",
                                                   "fix",    "resolves", "resolved", "resolve"};
  blank = false;
  std::size_t found = 0;
  for (const Text action : kActions) {
    if (!equal_in_any_case(text.substr(0, action.size()), action)) continue;
    if (action.size() < text.size() && space_bytes(text, action.size()) != 0) {
      blank = true;
      return action.size();
    }
    found = std::max(found, action.size());
  }
  return found;
}

bool has_url(Text text) {
  static constexpr Text kMarks = "-@:%_+.~#?&/=";
  for (const Text scheme : {Text("http://"), Text("https://")}) {
    for (std::size_t at = text.find(scheme); at != Text::npos; at = text.find(scheme, at + 1)) {
      if (at > 0 && is_word(text[at - 1])) continue;
      for (std::size_t i = at + scheme.size(); i < text.size(); ++i) {
        if (is_word(text[i])) return true;
        if (kMarks.find(text[i]) == Text::npos) break;
      }
    }
  }
  return false;
}

/// "#12" with a blank, the end or one of ",;)]" behind it.
bool has_issue(Text sentence) {
  if (has_url(sentence)) return false;
  for (std::size_t at = sentence.find('#'); at != Text::npos; at = sentence.find('#', at + 1)) {
    std::size_t end = at + 1;
    while (end < sentence.size() && (is_word(sentence[end]) || sentence[end] == '-')) ++end;
    if (end == at + 1) continue;
    if (end == sentence.size() || space_bytes(sentence, end) != 0 || Text(",;)]").find(sentence[end]) != Text::npos)
      return true;
  }
  return false;
}

/// "BREAKING CHANGE: text", however indented and in any case.
bool is_note(Text line, bool conventional) {
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t blank = space_bytes(line, at);
    if (blank == 0 && line[at] != '|' && line[at] != '*') break;
    at += std::max<std::size_t>(blank, 1);
  }
  const Text rest = line.substr(at);
  constexpr std::size_t kBytes = Text("BREAKING CHANGE").size();
  const bool named = equal_in_any_case(rest.substr(0, kBytes), "BREAKING CHANGE") ||
                     (conventional && equal_in_any_case(rest.substr(0, kBytes), "BREAKING-CHANGE"));
  return named && rest.size() > kBytes && (rest[kBytes] == ':' || space_bytes(rest, kBytes) != 0);
}

void append_line(std::string& part, Text line) {
  if (!part.empty()) part += '\n';
  part += line;
}

bool is_gpg_line(Text line) {
  std::size_t at = 0;
  while (at < line.size() && space_bytes(line, at) != 0) at += space_bytes(line, at);
  return line.substr(at).starts_with("gpg:");
}

bool any_line(Text text, auto&& claim) { return std::ranges::any_of(lines_of(text), claim); }

bool is_version(Text text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  const auto identifiers = [](Text part, bool leading_zeros) {
    while (true) {
      const std::size_t dot = std::min(part.find('.'), part.size());
      const Text one = part.substr(0, dot);
      const bool digits = std::ranges::all_of(one, [](unsigned char c) { return std::isdigit(c) != 0; });
      if (one.empty() || (digits && !leading_zeros && one.size() > 1 && one.front() == '0')) return false;
      if (!std::ranges::all_of(one, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; })) return false;
      if (dot == part.size()) return true;
      part.remove_prefix(dot + 1);
    }
  };
  const std::size_t plus = std::min(text.find('+'), text.size());
  if (plus < text.size() && !identifiers(text.substr(plus + 1), true)) return false;
  text = text.substr(0, plus);
  const std::size_t dash = std::min(text.find('-'), text.size());
  if (dash < text.size() && !identifiers(text.substr(dash + 1), false)) return false;
  const Text core = text.substr(0, dash);
  return std::ranges::count(core, '.') == 2 && identifiers(core, false) &&
         core.find_first_not_of("0123456789.") == core.npos;
}

/// The first line without the "chore(release):" in front and a "[skip ci]" anywhere.
bool is_release(Text text) {
  std::string line(text.substr(0, text.find('\n')));
  if (line.starts_with("chore:")) {
    line.erase(0, 6);
  } else if (line.starts_with("chore(")) {
    const std::size_t close = line.find(')');
    if (close != line.npos && close > 6 && line.substr(close).starts_with("):")) line.erase(0, close + 2);
  }
  for (const auto& [open, close] : {std::pair{'[', ']'}, {'(', ')'}}) {
    for (std::size_t at = line.find(open); at != line.npos; at = line.find(open, at + 1)) {
      const Text rest = Text(line).substr(at + 1, 8);
      const auto is = [](Text word) { return equal_in_any_case(word, "skip") || equal_in_any_case(word, "ci"); };
      const std::size_t first = equal_in_any_case(rest.substr(0, 4), "skip") ? 4 : 2;
      const std::size_t end = rest.find(close);
      if (end == rest.npos || end <= first + 1 || !is(rest.substr(0, first))) continue;
      if ((rest[first] != '-' && rest[first] != ' ') || !is(rest.substr(first + 1, end - first - 1))) continue;
      line.erase(at, end + 2);
      break;
    }
  }
  return is_version(trim(line));
}

}  // namespace

std::vector<Text> lines_of(Text text) {
  std::vector<Text> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    Text line = text.substr(0, end);
    if (end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == text.npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::size_t utf16_length(Text text) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = utf8_at(text, at);
    units += point.value != CodePoint::kInvalid && point.value > 0xFFFF ? 2 : 1;
    at += point.bytes;
  }
  return units;
}

bool has_reference(Text line) {
  bool any = false;
  for (std::size_t at = 0; at < line.size();) {
    bool blank = false;
    const std::size_t action = action_bytes(line.substr(at), blank);
    if (!blank) {
      ++at;
      continue;
    }
    any = true;
    std::size_t begin = at + action;
    while (begin < line.size() && space_bytes(line, begin) != 0) begin += space_bytes(line, begin);
    std::size_t end = begin;
    for (bool ignored = false; end < line.size() && action_bytes(line.substr(end), ignored) == 0;) ++end;
    if (has_issue(line.substr(begin, end - begin))) return true;
    at = std::max(end, at + 1);
  }
  return !any && has_issue(line);
}

bool is_ignored(Text text) {
  const auto begins = [](Text front) { return [front](Text line) { return line.starts_with(front); }; };
  if (any_line(text, begins("Merge pull request")) || any_line(text, begins("Merge branch ")) ||
      any_line(text, begins("Merge tag ")))
    return true;
  if (any_line(text, [](Text line) { return line.starts_with("Merge ") && line.find(" into ", 5) != line.npos; }))
    return true;
  for (const Text front : {"Revert ", "revert ", "Reapply ", "reapply ", "amend!", "fixup!", "squash!",
                           "Merge remote-tracking branch", "Automatic merge"})
    if (text.starts_with(front)) return true;
  const Text first = text.substr(0, text.find_first_of("\r\n"));
  if (first.starts_with("Merged ") && (first.find("in ", 7) != first.npos || first.find("into ", 7) != first.npos))
    return true;
  if (first.starts_with("Merged PR ") && first.find(": ", 10) != first.npos) return true;
  if (first.starts_with("Auto-merged ") && first.find(" into ", 12) != first.npos) return true;
  return is_release(text);
}

Message parse_message(Text text, const ParseOptions& options) {
  Message message;
  message.raw = text;
  std::vector<Text> lines;
  for (const Text line : lines_of(trim_line_ends(text))) {
    if (!options.comment.empty()) {
      if (line == options.comment + std::string(kScissors)) break;
      if (line.starts_with(options.comment)) continue;
    }
    if (!is_gpg_line(line)) lines.push_back(line);
  }
  if (lines.empty()) return message;
  if (!lines[0].empty()) {
    message.header = lines[0];
    message.breaking = options.conventional && read_header(lines[0], true, true, message);
    if (!message.breaking) read_header(lines[0], options.conventional, false, message);
    if (has_reference(lines[0])) message.references.emplace_back(lines[0]);
  }
  // A note and everything behind it is footer, and so is a line that names an issue, and everything behind that.
  bool in_body = true;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (is_note(lines[i], options.conventional)) {
      message.breaking = true;
      in_body = false;
    }
    if (has_reference(lines[i]) && !is_note(lines[i], options.conventional)) {
      message.references.emplace_back(lines[i]);
      in_body = false;
    }
    append_line(in_body ? message.body : message.footer, lines[i]);
  }
  message.body = trim_line_ends(message.body);
  message.footer = trim_line_ends(message.footer);
  return message;
}

std::string clean_message(Text text, Text comment) {
  std::string out;
  bool gap = false;
  for (Text line : lines_of(text)) {
    if (!comment.empty() && line == std::string(comment) + std::string(kScissors)) break;
    if (!comment.empty() && line.starts_with(comment)) continue;
    const std::size_t end = line.find_last_not_of(" \t\r\v\f");
    if (end == line.npos) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += '\n';
    gap = false;
    out.append(line.substr(0, end + 1)).append("\n");
  }
  return out;
}

}  // namespace eve::commit
