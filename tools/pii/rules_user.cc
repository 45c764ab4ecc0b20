// SPDX-License-Identifier: Apache-2.0
// Log-in names where programs write them: user=NAME, /home/NAME, NAME@10.0.0.1, "for NAME from 10.0.0.1".
#include <algorithm>

#include "pii/rules.h"
#include "pii/scan.h"
#include "pii/value_ends.h"

namespace eve::pii {
namespace {

constexpr bool in_name(char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; }

template <std::size_t n>
bool is_one_of(std::string_view word, const std::string_view (&list)[n]) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view w) { return w.size() == word.size() && has_at(word, 0, w); });
}

// Names that belong to programs, and what became of a log-in.
bool is_nobody(std::string_view name) {
  static constexpr std::string_view kNobody[] = {
      "root",     "nobody", "unknown",  "admin",   "guest",    "anonymous", "system",     "user",
      "username", "name",   "www-data", "daemon",  "default",  "invalid",   "postgres",   "mysql",
      "shared",   "public", "ubuntu",   "git",     "nginx",    "all",       "users",      "current",
      "the",      "local",  "failed",   "failure", "missing",  "success",   "successful", "succeeded",
      "denied",   "error",  "ok",       "enabled", "disabled", "not"};
  return is_one_of(name, kNobody) || is_placeholder(name);
}

bool is_user_word(std::string_view word) {
  static constexpr std::string_view kWords[] = {"user",   "username", "login",     "logname", "ruser",
                                                "userid", "actor",    "loginname", "uname",   "usr"};
  return word.size() <= 9 && is_one_of(word, kWords);
}

// user=NAME, user="NAME", "user": "NAME", and a line "user: NAME".
std::size_t set_name(std::string_view text, std::size_t word, std::size_t i) {
  if (at(text, i) == '=' && at(text, i + 1) != '=') {
    ++i;
    return at(text, i) == '"' || at(text, i) == '\'' ? i + 1 : i;
  }
  const char quote = at(text, i);
  if (quote == '"' || quote == '\'') {
    i = run_end(text, i + 1, is_blank, 4);
    if (at(text, i) != ':') return 0;
    i = run_end(text, i + 1, is_blank, 4);
    return at(text, i) == quote ? i + 1 : 0;
  }
  if (quote != ':' || at(text, i + 1) != ' ') return 0;
  std::size_t line = word;
  while (line > 0 && (is_blank(text[line - 1]) || text[line - 1] == '-')) --line;
  if (line > 0 && text[line - 1] != '\n') return 0;
  const std::size_t end = run_end(text, i + 2, in_name, 64),
                    rest = run_end(
                        text, end, [](char c) { return is_blank(c) || c == '\r'; }, 4);
  return rest >= text.size() || text[rest] == '\n' ? i + 2 : 0;
}

bool looks_like_host(std::string_view text, std::size_t i) {
  const std::size_t end = run_end(
      text, i, [](char c) { return is_hex(c) || c == '.' || c == ':'; }, 46);
  return end >= i + 7 && is_hex(at(text, i)) && text.substr(i, end - i).find_first_of(".:") != std::string_view::npos;
}

}  // namespace

std::size_t login_end(std::string_view text, std::size_t i) {
  std::size_t end = run_end(text, i, in_name, 41);
  while (end > i && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  const std::string_view name = text.substr(i, end - i);
  if (name.size() < 2 || name.size() > 40 || std::none_of(name.begin(), name.end(), is_letter) || is_nobody(name))
    return 0;
  const char next = at(text, end);
  return is_high(next) || next == '@' || next == '(' || next == '\\' || next == '$' ? 0 : end;
}

void find_users(std::string_view text, Findings& found) {
  const auto add = [&](std::size_t start, std::size_t end, std::string_view rule) {
    if (end > start) found.push_back({start, end, Label::kUsername, 0.965f, rule});
  };
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '/' || c == '\\') {
      for (std::string_view folder : {"/home/", "/users/", "\\users\\", "\\\\users\\\\"}) {
        if (has_at(text, i, folder)) {
          add(i + folder.size(), login_end(text, i + folder.size()), "home");
          i += folder.size() - 1;
          break;
        }
      }
      ++i;
      continue;
    }
    if (c == '@' && looks_like_host(text, i + 1)) {
      std::size_t start = i;
      while (start > 0 && i - start < 40 && in_name(text[start - 1])) --start;
      if (start < i && !is_word(before(text, start)) && before(text, start) != ':' &&
          !is_nobody(text.substr(start, i - start)) && is_letter(text[start])) {
        add(start, i, "user-at-host");
      }
    }
    if (!is_letter(c)) {
      ++i;
      continue;
    }
    const std::size_t end = run_end(text, i, is_letter);
    const std::string_view word = text.substr(i, end - i);
    std::size_t name = 0;
    if (is_user_word(word)) {
      if ((name = set_name(text, i, end)) != 0) add(name, login_end(text, name), "user-setting");
    }
    if (name == 0 && at(text, end) == ' ' && !is_word(before(text, i)) &&
        (is_user_word(word) || has_at(word, 0, "for")) && word.size() <= 8) {
      const std::size_t stop = login_end(text, end + 1);
      if (stop != 0 && has_at(text, stop, " from ") && looks_like_host(text, stop + 6))
        add(end + 1, stop, "user-from-host");
      else if (stop != 0 && ends_before(text, i, "invalid ") && has_at(text, stop, " [preauth]"))
        add(end + 1, stop, "user-of-sshd");
    }
    i = end;
  }
}

}  // namespace eve::pii
