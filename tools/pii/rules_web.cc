// SPDX-License-Identifier: Apache-2.0
// Web and mail addresses, and who is logged in on a web page.
#include <algorithm>

#include "pii/rules.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

bool in_url(char c) {
  return !is_space(c) && static_cast<unsigned char>(c) >= 0x20 && c != '<' && c != '>' && c != '"' && c != '`' &&
         c != '{' && c != '}' && c != '|' && c != '\\' && c != '^' && c != '\x7F';
}

// A URL in running text ends before the sentence's punctuation and before a bracket or quote that it did not open.
std::size_t url_end(std::string_view text, std::size_t start, std::size_t i) {
  int round = 0, square = 0;
  for (; i < text.size() && in_url(text[i]); ++i) {
    const char c = text[i];
    if (c == '(') ++round;
    if (c == '[') ++square;
    if ((c == ')' && --round < 0) || (c == ']' && --square < 0)) break;
    if (c == '\'' && before(text, start) == '\'') break;
    if (has_at(text, i, "\xE2\x80\xA6") || has_at(text, i, "\xE2\x80\x9D") || has_at(text, i, "\xC2\xBB"))
      break;  // … ” »
  }
  while (i > start && std::string_view(".,;:!?'*_").find(text[i - 1]) != std::string_view::npos) --i;
  return i;
}

constexpr bool in_scheme(char c) { return is_alnum(c) || c == '+' || c == '.' || c == '-'; }
constexpr bool ends_authority(char c) {
  return c == '/' || c == '?' || c == '#' || c == '"' || c == '<' || c == '>' || c == '`';
}

// scheme://user:password@host of anything but the web: the parts are personal, the rest is a host name.
void find_credentials(std::string_view text, std::size_t from, Findings& found) {
  std::size_t at_sign = std::string_view::npos, colon = std::string_view::npos;
  for (std::size_t i = from; i < text.size() && i - from < 512 && !is_space(text[i]); ++i) {
    const char c = text[i];
    if (c == '@') at_sign = i;
    if (c == ':' && colon == std::string_view::npos) colon = i;
    if (at_sign != std::string_view::npos && ends_authority(c)) break;
    // A raw '?' or '#' may stand in a password; a slash or a quote ends the authority.
    if (c == '/' || c == '"' || c == '<' || c == '>' || c == '`') break;
  }
  if (at_sign == std::string_view::npos || colon == std::string_view::npos || colon > at_sign) return;
  if (colon > from) found.push_back({from, colon, Label::kUsername, 0.98f, "url-user"});
  if (at_sign > colon + 1) found.push_back({colon + 1, at_sign, Label::kPassword, 0.99f, "url-password"});
}

}  // namespace

void find_urls(std::string_view text, Findings& found) {
  std::size_t covered = 0;
  for (std::size_t i = text.find(':'); i != text.npos; i = text.find(':', i + 1)) {
    if (i < covered || at(text, i + 1) != '/' || at(text, i + 2) != '/') continue;
    std::size_t start = i;
    while (start > covered && i - start < 16 && in_scheme(text[start - 1])) --start;
    bool web = false;
    for (std::string_view scheme : {"https", "http", "ftps", "ftp", "sftp", "wss", "ws"}) {
      if (ends_before(text, i, scheme) && (i - scheme.size() <= start || !is_alnum(text[i - scheme.size() - 1]))) {
        start = i - scheme.size();
        web = true;
        break;
      }
    }
    if (!web) {
      if (start < i) find_credentials(text, i + 3, found);
      continue;
    }
    const std::size_t end = url_end(text, start, i + 3);
    if (end <= i + 3) continue;
    found.push_back({start, end, Label::kUrl, 0.995f, "url"});
    covered = end;
  }
  for (std::size_t i = text.find('.'); i != text.npos; i = text.find('.', i + 1)) {
    if (!ends_before(text, i, "www") || (i > 3 && (is_word(text[i - 4]) || text[i - 4] == '.' || text[i - 4] == '@')))
      continue;
    if (!is_alnum(at(text, i + 1)) && !is_high(at(text, i + 1))) continue;
    const std::size_t start = i - 3, end = url_end(text, start, i + 1);
    if (text.substr(i + 1, end - i - 1).find('.') == text.npos) continue;
    if (i > 3 && text[i - 4] == '/') continue;  // inside an address with a scheme
    found.push_back({start, end, Label::kUrl, 0.985f, "www"});
  }
}

namespace {

constexpr bool in_local(char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '%'; }

bool is_file_or_unit(std::string_view last) {
  for (std::string_view name : {"png", "jpg", "jpeg", "gif", "svg", "webp", "service", "socket", "timer", "target",
                                "slice", "scope", "mount"}) {
    if (last.size() == name.size() && has_at(last, 0, name)) return true;
  }
  return false;
}

// Mailboxes that no person reads.
bool is_nobody(std::string_view local) {
  for (std::string_view name : {"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mailer-daemon"}) {
    if (local.size() == name.size() && has_at(local, 0, name)) return true;
  }
  return false;
}

// End of the domain that begins at i: labels with at least one dot, the last of letters; 0 when there is none.
std::size_t domain_end(std::string_view text, std::size_t i) {
  const std::size_t limit = std::min(text.size(), i + 255);
  std::size_t best = 0, label = i;
  bool dotted = false;
  for (std::size_t k = i; k <= limit; ++k) {
    const char c = k < limit ? text[k] : '\0';
    if (is_alnum(c) || c == '-' || c == '_' || is_high(c)) continue;
    const std::string_view last = text.substr(label, k - label);
    if (last.empty()) break;
    if (dotted) {
      std::size_t letters = run_end(last, 0, is_letter);
      const bool puny = has_at(last, 0, "xn--");
      if (puny)
        best = k;
      else if (letters >= 2 && letters <= 24 &&
               (letters == last.size() || last[letters] == '-' || is_high(last[letters]) || last[letters] == '_') &&
               !is_file_or_unit(last))
        best = label + letters;
    }
    if (c != '.') break;
    dotted = true;
    label = k + 1;
  }
  return best;
}

}  // namespace

void find_emails(std::string_view text, Findings& found) {
  const std::size_t urls = found.size();
  std::size_t next = 0;
  for (std::size_t i = text.find('@'); i != text.npos; i = text.find('@', i + 1)) {
    std::size_t start = i;
    while (start > 0 && i - start < 64 && in_local(text[start - 1])) --start;
    while (start < i && (text[start] == '.' || text[start] == '-' || text[start] == '+' || text[start] == '%')) ++start;
    if (start == i || text[i - 1] == '.') continue;
    while (next < urls && found[next].end < i) ++next;
    if (next < urls && found[next].end == i && found[next].label == Label::kPassword)
      continue;  // scheme://user:password@host
    const std::size_t end = domain_end(text, i + 1);
    if (end == 0 || is_nobody(text.substr(start, i - start))) continue;
    if (text.substr(start, i - start) == "git" && at(text, end) == ':') continue;  // git@host:path
    found.push_back({start, end, Label::kEmail, 0.99f, "email"});
  }
}

namespace {

// JSESSIONID, PHPSESSID, connect.sid, auth_token
bool is_session(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (has_at(name, i, "sess") || has_at(name, i, "auth") || has_at(name, i, "token")) return true;
  }
  return ends_before(name, name.size(), "sid");
}

constexpr bool in_cookie_name(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }
constexpr bool in_cookie_value(char c) { return !is_space(c) && c != ';' && c != ',' && c != '"' && c != '\''; }

// NAME=VALUE between i and end.
void find_sessions(std::string_view text, std::size_t i, std::size_t end, Findings& found) {
  constexpr std::size_t kLeastSession = 16;
  while (i < end) {
    const std::size_t name = i, equals = run_end(text, i, in_cookie_name);
    i = equals + 1;
    if (equals >= end || text[equals] != '=') continue;
    const std::size_t value = i;
    i = run_end(text, value, in_cookie_value, end - value);
    const std::string_view form = text.substr(value, i - value);
    if (form.size() >= kLeastSession && std::any_of(form.begin(), form.end(), is_digit) &&
        is_session(text.substr(name, equals - name)))
      found.push_back({value, i, Label::kPassword, 0.97f, "session-cookie"});
  }
}

}  // namespace

void find_cookies(std::string_view text, Findings& found) {
  static constexpr std::string_view kWord = "cookie";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!has_at(text, i, kWord)) continue;
    const std::size_t word = i + kWord.size();
    const std::size_t list = run_end(
        text, word, [](char c) { return is_blank(c) || std::string_view(":='\"").find(c) != std::string_view::npos; });
    i = word - 1;
    if (list == word) continue;
    const std::size_t end = std::min(text.find('\n', list), text.size());
    find_sessions(text, list, end, found);
    i = end;
  }
}

}  // namespace eve::pii
