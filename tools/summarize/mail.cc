// SPDX-License-Identifier: Apache-2.0
// Mails as they lie in files: header fields and encoded words (RFC 5322, RFC 2047), text parts of MIME bodies (RFC
// 2045, RFC 2046), mboxes. What a mail quotes of another, and signatures, are left out.
#include <array>
#include <map>
#include <utility>

#include "base/utf8.h"
#include "eve/error.h"
#include "summarize/reader.h"
#include "tasks/text.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;
using tasks::lower;

constexpr std::size_t kMaxParts = 1000, kMaxDepth = 10;

Text trimmed(Text text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// `word`: in an encoded word an underscore is a space.
std::string quoted_printable(Text text, bool word) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '_' && word) {
      out += ' ';
    } else if (text[at] != '=') {
      out += text[at];
    } else if (at + 2 < text.size() && hex(text[at + 1]) >= 0 && hex(text[at + 2]) >= 0) {
      out += static_cast<char>(hex(text[at + 1]) * 16 + hex(text[at + 2]));
      at += 2;
    } else {
      while (at + 1 < text.size() && (text[at + 1] == '\r' || text[at + 1] == ' ')) ++at;
      if (at + 1 < text.size() && text[at + 1] == '\n') ++at;
    }
  }
  return out;
}

std::string base64(Text text) {
  std::string out;
  std::uint32_t bits = 0, count = 0;
  for (const char c : text) {
    const Text digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t value = digits.find(c);
    if (value == digits.npos) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if ((count += 6) < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  return out;
}

/// As UTF-8: what is none is read as Latin-1, the commonest of the rest.
std::string utf8(std::string text) {
  if (utf8_error(text) == text.npos) return text;
  std::string out;
  for (const char c : text) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

/// =?charset?Q?text?= and =?charset?B?text?=.
std::string decoded_words(Text text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t start = text.find("=?");
    const std::size_t charset = start == text.npos ? text.npos : text.find('?', start + 2);
    const std::size_t end = charset == text.npos ? text.npos : text.find("?=", charset + 3);
    if (end == text.npos || text.substr(charset + 2, 1) != "?") return out.append(text);
    if (trimmed(text.substr(0, start)) != "" || out.empty()) out.append(text.substr(0, start));
    const Text inner = text.substr(charset + 3, end - charset - 3);
    out += utf8(lower(text[charset + 1]) == 'b' ? base64(inner) : quoted_printable(inner, true));
    text.remove_prefix(end + 2);
  }
  return out;
}

using Headers = std::map<std::string, std::string>;

/// Reads header fields up to an empty line and takes them off the text.
Headers take_headers(Text& text) {
  Headers headers;
  std::string* last = nullptr;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const Text line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trimmed(line).empty()) break;
    if ((line[0] == ' ' || line[0] == '\t') && last) {
      last->append(" ").append(trimmed(line));
    } else if (const std::size_t colon = line.find(':'); colon != line.npos) {
      last = &headers[lower(line.substr(0, colon))];
      *last = trimmed(line.substr(colon + 1));
    }
  }
  return headers;
}

/// A parameter of Content-Type: boundary="x".
std::string parameter(const std::string& field, Text name) {
  const std::size_t at = lower(field).find(std::string(name) + "=");
  if (at == field.npos) return "";
  Text value = Text(field).substr(at + name.size() + 1);
  if (value.starts_with('"')) return std::string(value.substr(1, value.find('"', 1) - 1));
  return std::string(value.substr(0, value.find_first_of("; \t")));
}

std::string without_tags(Text html) {
  std::string text;
  bool hidden = false;
  for (std::size_t at = 0; at < html.size(); ++at) {
    if (html[at] != '<') {
      if (!hidden) text += html[at];
      continue;
    }
    const std::size_t close = html.find('>', at);
    if (close == html.npos) break;
    const std::string tag = lower(html.substr(at + 1, std::min<std::size_t>(close - at - 1, 12)));
    if (tag.starts_with("style") || tag.starts_with("script") || tag.starts_with("blockquote")) hidden = true;
    if (tag.starts_with("/style") || tag.starts_with("/script") || tag.starts_with("/blockquote")) hidden = false;
    if (tag.starts_with("br") || tag.starts_with("p") || tag.starts_with("/p") || tag.starts_with("div") ||
        tag.starts_with("li") || tag.starts_with("tr"))
      text += '\n';
    at = close;
  }
  for (const auto& [entity, character] : {std::pair<Text, Text>{"&lt;", "<"},
                                          {"&gt;", ">"},
                                          {"&nbsp;", " "},
                                          {"&quot;", "\""},
                                          {"&#39;", "'"},
                                          {"&amp;", "&"}})
    for (std::size_t at = 0; (at = text.find(entity, at)) != text.npos; at += character.size())
      text.replace(at, entity.size(), character);
  return text;
}

/// The text of a body: its first text/plain, else its first text/html.
std::string body_text(const Headers& headers, Text body, std::size_t& parts, std::size_t depth = 0) {
  const auto field = [&](const char* name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  };
  const std::string type = field("content-type"), kind = lower(type);
  if (kind.starts_with("multipart/") && depth < kMaxDepth) {
    const std::string mark = "--" + parameter(type, "boundary");
    std::string html;
    for (std::size_t at = body.find(mark); mark.size() > 2 && at != body.npos && parts < kMaxParts; ++parts) {
      const std::size_t start = body.find('\n', at);
      const std::size_t next = start == body.npos ? body.npos : body.find("\n" + mark, start);
      if (start == body.npos || body.substr(at + mark.size()).starts_with("--")) break;
      Text part = body.substr(start + 1, next == body.npos ? body.npos : next - start);
      const Headers inner = take_headers(part);
      const auto inner_type = inner.find("content-type");
      const std::string found = body_text(inner, part, parts, depth + 1);
      if (inner_type != inner.end() && lower(inner_type->second).starts_with("text/html")) {
        if (html.empty()) html = found;
      } else if (!found.empty()) {
        return found;
      }
      at = next == body.npos ? body.npos : next + 1;
    }
    return html;
  }
  if (!kind.empty() && !kind.starts_with("text/")) return "";
  const std::string encoding = lower(field("content-transfer-encoding"));
  std::string text = encoding == "base64"             ? base64(body)
                     : encoding == "quoted-printable" ? quoted_printable(body, false)
                                                      : std::string(body);
  text = utf8(std::move(text));
  return kind.starts_with("text/html") ? without_tags(text) : text;
}

/// "Ann Lee <ann@example.org>" and "ann@example.org (Ann Lee)" are Ann Lee.
std::string display_name(Text from) {
  std::string name = decoded_words(from);
  if (const std::size_t open = name.find('('); open != name.npos && name.find('<') == name.npos) {
    name = name.substr(open + 1, name.find(')', open) - open - 1);
  } else if (const std::size_t angle = name.find('<'); angle != name.npos) {
    const std::string address = name.substr(angle + 1, name.find('>', angle) - angle - 1);
    name = std::string(trimmed(Text(name).substr(0, angle)));
    if (name.empty()) name = address;
  }
  std::erase(name, '"');
  name = clean_line(name);
  if (name.find(' ') == name.npos && name.find('@') != name.npos) name.resize(name.find('@'));
  return name;
}

bool begins_quotation(Text line) {
  const Text text = trimmed(line);
  return text.starts_with("-----Original Message") || text.starts_with("----- Original Message") ||
         text.starts_with("-------- Forwarded") || text.starts_with("________________________________") ||
         (text.starts_with("On ") && text.ends_with("wrote:"));
}

class MailReader : public Reader {
 public:
  MailReader(std::size_t limit_bytes, TurnSink sink) : limit_(limit_bytes), sink_(std::move(sink)) {}

  void line(Text line, std::uint64_t number) override {
    // An mbox parts its mails with "From " behind an empty line.
    if (line.starts_with("From ") && blank_) {
      end();
      blank_ = false;
      return;
    }
    blank_ = trimmed(line).empty();
    if (mail_.empty()) {
      if (blank_) return;
      first_line_ = number;
    }
    if (mail_.size() + line.size() > limit_) throw Error(Status::kInput, "a mail must fit into --max-input as a whole");
    mail_.append(line).append("\n");
  }

  void end() override {
    Text text = mail_;
    const Headers headers = take_headers(text);
    const auto field = [&](const char* name) {
      const auto found = headers.find(name);
      return found == headers.end() ? std::string() : found->second;
    };
    const std::string speaker = display_name(field("from"));
    const std::string subject = clean_line(decoded_words(field("subject")));
    if (!subject.empty() && !lower(subject).starts_with("re:") && !speaker.empty()) say(speaker, subject, first_line_);
    std::size_t parts = 0;
    std::string paragraph, body = body_text(headers, text, parts);
    for (Text rest = body; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      Text line = rest.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      // "On Monday, Ann Lee <ann@...>" may end on the next line.
      const bool split =
          trimmed(line).starts_with("On ") && trimmed(rest.substr(0, rest.find('\n'))).ends_with("wrote:");
      if (line == "-- " || line == "--" || begins_quotation(line) || split) {
        // Answers below a quotation go on where its marks end.
        if (line.starts_with("--") || line.starts_with("__")) break;
        if (split) rest.remove_prefix(std::min(rest.find('\n') + 1, rest.size()));
        continue;
      }
      if (line.starts_with('>')) continue;
      if (trimmed(line).empty()) {
        flush(speaker, paragraph);
        continue;
      }
      paragraph.append(line).append(" ");
    }
    flush(speaker, paragraph);
    mail_.clear();
  }

 private:
  std::size_t limit_;
  TurnSink sink_;
  std::string mail_;
  std::uint64_t first_line_ = 1, count_ = 0;
  bool blank_ = true;

  void flush(const std::string& speaker, std::string& paragraph) {
    say(speaker, clean_line(paragraph), first_line_);
    paragraph.clear();
  }

  void say(const std::string& speaker, const std::string& text, std::uint64_t line) {
    if (text.empty()) return;
    Turn turn;
    turn.speaker = speaker;
    turn.text = text;
    turn.line = line;
    turn.number = ++count_;
    sink_(std::move(turn));
  }
};

}  // namespace

std::unique_ptr<Reader> make_mail_reader(std::size_t limit_bytes, TurnSink sink) {
  return std::make_unique<MailReader>(limit_bytes, std::move(sink));
}

}  // namespace eve::summarize
