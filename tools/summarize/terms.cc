// SPDX-License-Identifier: Apache-2.0
#include "summarize/terms.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/utf8.h"
#include "tasks/text.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool in_word(char c) { return is_upper(c) || is_lower(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80; }

Text trimmed(Text text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Whether the full stop behind `text` belongs to its last word.
bool is_abbreviation(Text text) {
  const std::size_t space = text.find_last_of(" (\"'");
  Text word = text.substr(space == text.npos ? 0 : space + 1);
  if (word.size() == 1) return is_upper(word[0]) && word[0] != 'I';
  if (word.find('.') != word.npos) return word.size() <= 5 && !is_digit(word[0]);  // e.g, U.S
  static constexpr std::array<Text, 25> kKnown = {"mr",  "mrs", "ms",   "dr",  "prof", "st",  "vs",    "etc", "jr",
                                                  "sr",  "inc", "ltd",  "co",  "fig",  "eq",  "cf",    "al",  "jan",
                                                  "feb", "aug", "sept", "oct", "nov",  "dec", "approx"};
  return std::ranges::find(kKnown, tasks::lower(word)) != kKnown.end();
}

const std::set<Text>& empty_words() {
  static const std::set<Text> words = {
      "a",       "about",    "above",     "actually", "after",     "again",      "ah",      "all",      "almost",
      "alright", "also",     "am",        "an",       "and",       "any",        "anyone",  "anything", "anyway",
      "are",     "as",       "at",        "back",     "basically", "be",         "because", "been",     "before",
      "being",   "both",     "but",       "by",       "bye",       "can",        "cause",   "come",     "could",
      "did",     "do",       "does",      "doing",    "don",       "done",       "down",    "each",     "either",
      "else",    "even",     "ever",      "every",    "everyone",  "everything", "few",     "for",      "from",
      "further", "get",      "getting",   "give",     "go",        "going",      "gonna",   "good",     "got",
      "great",   "had",      "has",       "have",     "having",    "he",         "hello",   "help",     "her",
      "here",    "hey",      "hi",        "him",      "his",       "hm",         "hmm",     "how",      "i",
      "if",      "in",       "into",      "is",       "it",        "its",        "just",    "kind",     "know",
      "let",     "like",     "ll",        "look",     "lot",       "m",          "make",    "many",     "maybe",
      "me",      "mean",     "mhm",       "mm",       "more",      "most",       "much",    "my",       "nah",
      "need",    "nice",     "no",        "nope",     "nor",       "not",        "now",     "of",       "off",
      "oh",      "ok",       "okay",      "on",       "one",       "only",       "or",      "other",    "our",
      "out",     "over",     "perfect",   "please",   "pretty",    "put",        "quite",   "re",       "really",
      "right",   "s",        "said",      "same",     "say",       "see",        "she",     "should",   "so",
      "some",    "somebody", "something", "sort",     "sorry",     "sound",      "still",   "such",     "sure",
      "t",       "take",     "than",      "thank",    "that",      "the",        "their",   "them",     "then",
      "there",   "these",    "they",      "thing",    "think",     "this",       "those",   "though",   "through",
      "to",      "too",      "try",       "u",        "uh",        "um",         "under",   "until",    "up",
      "us",      "ve",       "very",      "want",     "was",       "way",        "we",      "welcome",  "well",
      "were",    "what",     "when",      "where",    "which",     "while",      "who",     "why",      "will",
      "with",    "would",    "yeah",      "yep",      "yes",       "yet",        "you",     "your",     "d",
      "else",    "thanks",   "wow",
  };
  return words;
}

}  // namespace

std::vector<Text> sentences(Text line) {
  std::vector<Text> result;
  std::size_t start = 0;
  const auto end_at = [&](std::size_t end) {
    const Text sentence = trimmed(line.substr(start, end - start));
    if (!sentence.empty()) result.push_back(sentence);
    start = end;
  };
  for (std::size_t at = 0; at < line.size();) {
    const CodePoint point = utf8_at(line, at);
    const std::size_t next = at + point.bytes;
    if (point.value == 0x3002 || point.value == 0xFF01 || point.value == 0xFF1F) {  // full stops of Chinese, Japanese
      end_at(next);
    } else if (point.value == '.' || point.value == '!' || point.value == '?' || point.value == 0x2026) {
      std::size_t close = next;
      while (close < line.size() && Text(".!?)\"']").find(line[close]) != Text::npos) ++close;
      const std::size_t word = line.find_first_not_of(' ', close);
      const bool apart = word == line.npos || word > close;
      const bool begins = word == line.npos || !is_lower(line[word]) || point.value != '.';
      const bool shortening = point.value == '.' && close == next && is_abbreviation(line.substr(start, at - start));
      if (apart && begins && !(shortening && word != line.npos)) end_at(close);
      at = std::max(close, next);
      continue;
    }
    at = next;
  }
  end_at(line.size());
  return result;
}

std::size_t count_words(Text text) {
  std::size_t words = 0;
  bool counted = false;
  for (const char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      counted = false;
    } else if (!counted && in_word(c)) {
      counted = true;
      ++words;
    }
  }
  return words;
}

std::vector<std::string> terms(Text text) {
  std::vector<std::string> result;
  for (std::string& word : tasks::words(text)) {
    if (empty_words().contains(word)) continue;
    word = tasks::stem(std::move(word));
    if (word.size() < 2 && !is_digit(word[0])) continue;
    if (!empty_words().contains(word)) result.push_back(std::move(word));
  }
  return result;
}

std::string shortened(Text text, std::size_t words) {
  if (count_words(text) <= words) return std::string(text);
  std::size_t count = 0, end = text.size(), clause = 0, clause_words = 0;
  bool counted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ' ') {
      if (counted) end = at;
      if (counted && at && Text(",;:").find(text[at - 1]) != Text::npos) {
        clause = at - 1;
        clause_words = count;
      }
      counted = false;
    } else if (!counted && in_word(text[at])) {
      if (count == words) break;
      counted = true;
      ++count;
    }
  }
  if (clause_words * 2 >= words && clause_words >= 3) return std::string(text.substr(0, clause));
  std::string cut(text.substr(0, end));
  while (!cut.empty() && Text(",;:-").find(cut.back()) != Text::npos) cut.pop_back();
  return cut + "...";
}

}  // namespace eve::summarize
