// SPDX-License-Identifier: Apache-2.0
// Log-ins in lines of a shell and of authorized_keys: mysql -u NAME -pPASSWORD, curl -u NAME:PASSWORD, ssh-rsa KEY
// NAME@HOST.
#include <algorithm>

#include "pii/rules.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

constexpr std::size_t kLongestLine = 512, kLongestValue = 256;

std::size_t unquoted(std::string_view text, std::size_t i) {
  return at(text, i) == '\'' || at(text, i) == '"' ? i + 1 : i;
}

std::size_t argument_end(std::string_view text, std::size_t i) {
  return run_end(
      text, i, [](char c) { return !is_space(c) && c != '"' && c != '\''; }, kLongestValue);
}

class Commands {
 public:
  Commands(std::string_view text, Findings& found) : text_(text), found_(found) {}

  void read(std::size_t start, std::size_t end) {
    const std::string_view word = text_.substr(start, end - start);
    const auto is = [word](std::string_view name) { return word.size() == name.size() && has_at(word, 0, name); };
    if (is("mysql") || is("mariadb") || is("mysqldump"))
      mysql(end);
    else if (is("curl") || is("wget"))
      curl(end);
    else if ((is("ssh") || is("ecdsa")) && at(text_, end) == '-')
      public_key(end);
  }

 private:
  std::string_view text_;
  Findings& found_;

  void add(std::size_t start, std::size_t end, Label label, std::string_view rule) {
    if (end > start) found_.push_back({start, end, label, 0.98f, rule});
  }

  // Where the argument of a flag on this line begins; npos when the flag is not there.
  std::size_t argument(std::size_t i, std::string_view flag) const {
    const std::string_view line = text_.substr(i, std::min(text_.find('\n', i), text_.size()) - i);
    const std::size_t found = line.substr(0, kLongestLine).find(flag);
    return found == line.npos ? found : i + found + flag.size();
  }

  void mysql(std::size_t end) {
    if (std::size_t name = argument(end, " -u"); name != text_.npos) {
      name = unquoted(text_, run_end(text_, name, is_blank, 1));
      add(name, login_end(text_, name), Label::kUsername, "mysql-user");
    }
    if (std::size_t value = argument(end, " -p"); value != text_.npos) {
      value = unquoted(text_, value);
      add(value, argument_end(text_, value), Label::kPassword, "mysql-password");
    }
  }

  void curl(std::size_t end) {
    for (std::string_view flag : {" -u ", " --user "}) {
      std::size_t value = argument(end, flag);
      if (value == text_.npos) continue;
      value = unquoted(text_, value);
      const std::size_t stop = argument_end(text_, value);
      const std::size_t colon = text_.substr(value, stop - value).find(':');
      if (colon == text_.npos) continue;
      add(value, value + colon, Label::kUsername, "curl-user");
      add(value + colon + 1, stop, Label::kPassword, "curl-password");
    }
  }

  // The comment that ssh-keygen writes behind a key.
  void public_key(std::size_t end) {
    const auto in_type = [](char c) { return is_alnum(c) || c == '-'; };
    std::size_t i = run_end(text_, end, in_type, 32);
    if (!has_at(text_, i, " aaaa")) return;
    i = run_end(text_, i + 1, [](char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; });
    if (at(text_, i++) != ' ') return;
    const std::size_t host = text_.substr(i, kLongestValue).find('@');
    if (host != text_.npos) add(i, login_end(text_.substr(0, i + host), i), Label::kUsername, "key-owner");
  }
};

}  // namespace

void find_commands(std::string_view text, Findings& found) {
  Commands commands(text, found);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_letter(text[i])) continue;
    const std::size_t end = run_end(text, i, is_letter);
    commands.read(i, end);
    i = end;
  }
}

}  // namespace eve::pii
