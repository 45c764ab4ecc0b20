// SPDX-License-Identifier: Apache-2.0
#include "prompt/syntax.h"

#include <set>

#include "base/utf8.h"
#include "tasks/prompt_words.h"
#include "tasks/summarize_words.h"
#include "tasks/text.h"

namespace eve::prompt {

namespace {

using Text = std::string_view;

constexpr Text kBreak = "BREAK";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

/// End of a weight at `at`: digits with at most one point; `at` when there is none.
std::size_t number_end(Text text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
  return end > at && is_digit(text[at]) ? end : at;
}

const std::set<std::string, std::less<>>& common_words() {
  static const auto words = [] {
    std::set<std::string, std::less<>> set;
    for (Text list : {tasks::kCommonWords, tasks::kPictureWords})
      while (!list.empty()) {
        const std::size_t space = list.find(' ');
        std::string word(list.substr(0, space));
        if (word[0] >= 'A' && word[0] <= 'Z') word[0] = static_cast<char>(word[0] | 0x20);
        set.insert(std::move(word));
        list.remove_prefix(space == list.npos ? list.size() : space + 1);
      }
    return set;
  }();
  return words;
}

/// Whether the word is at `at`, not a part of a longer one.
bool word_at(Text text, std::size_t at, Text word) {
  const std::size_t end = at + word.size();
  return text.substr(at).starts_with(word) && (at == 0 || !is_letter(text[at - 1])) &&
         (end == text.size() || !is_letter(text[end]));
}

}  // namespace

std::string plain_text(Text prompt) {
  std::string out;
  prompt = prompt.substr(0, parameters_at(prompt));
  for (std::size_t at = 0; at < prompt.size();) {
    const char c = prompt[at];
    const Text rest = prompt.substr(at);
    if (c == '\\' && rest.size() > 1) {
      out += rest[1];
      at += 2;
    } else if (c == '<' && rest.find('>') != rest.npos && rest.substr(0, rest.find('>')).find(':') != rest.npos) {
      at += rest.find('>') + 1;
    } else if (c == '(' || c == '[' || c == '{') {
      ++at;
    } else if (c == ')' || c == ']' || c == '}') {
      // Behind a bracket, InvokeAI's weights: ++, --, 1.1.
      ++at;
      while (at < prompt.size() && (prompt[at] == '+' || prompt[at] == '-')) ++at;
      at = number_end(prompt, at);
    } else if (c == ':' && number_end(prompt, at + (rest.starts_with("::") ? 2 : 1)) > at + 1) {
      at = number_end(prompt, at + (rest.starts_with("::") ? 2 : 1));
    } else if (c == ':' || c == '|') {
      out += ' ';
      ++at;
    } else if (c == '+' && at > 0 && is_letter(prompt[at - 1])) {
      while (at < prompt.size() && prompt[at] == '+') ++at;
    } else {
      std::size_t skip = 0;
      for (const Text mark : {kBreak, Text("AND")})
        if (word_at(prompt, at, mark)) skip = mark.size();
      if (!skip) out += c;
      at += skip ? skip : 1;
    }
  }
  std::string line;
  for (const char c : out) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (space && (line.empty() || line.back() == ' ')) continue;
    line += space ? ' ' : c;
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == ',')) line.pop_back();
  return line;
}

std::size_t parameters_at(Text prompt) {
  for (std::size_t at = prompt.find(" --"); at != prompt.npos; at = prompt.find(" --", at + 1))
    if (at + 3 < prompt.size() && is_letter(prompt[at + 3])) return at;
  return prompt.size();
}

bool is_balanced(Text prompt) {
  int open = 0;
  for (std::size_t at = 0; at < prompt.size(); ++at) {
    if (prompt[at] == '\\') {
      ++at;
    } else if (prompt[at] == '(') {
      ++open;
    } else if (prompt[at] == ')' && --open < 0) {
      return false;
    }
  }
  return open == 0;
}

std::size_t behind_break(Text prompt) {
  for (std::size_t at = prompt.rfind(kBreak); at != prompt.npos;
       at = at == 0 ? prompt.npos : prompt.rfind(kBreak, at - 1))
    if (word_at(prompt, at, kBreak)) return at + kBreak.size();
  return 0;
}

std::size_t count_tokens(Text prompt) {
  std::size_t tokens = 0;
  const std::string text = plain_text(prompt.substr(behind_break(prompt)));
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
    } else if (is_letter(text[at])) {
      std::string word;
      std::size_t characters = 0;
      for (; at < text.size() && is_letter(text[at]); ++characters) {
        const CodePoint point = utf8_at(text, at);
        word += text.substr(at, point.bytes);
        // Other scripts and accents: about a token for each character.
        characters += point.bytes > 1 ? 2 : 0;
        at += point.bytes;
      }
      tokens += common_words().contains(tasks::lower(word)) ? 1 : (characters + 2) / 3;
    } else {
      // Each digit is a token, and each mark.
      ++tokens;
      ++at;
    }
  }
  return tokens;
}

}  // namespace eve::prompt
