// SPDX-License-Identifier: Apache-2.0
#include "tasks/sql_links.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "tasks/text.h"

namespace eve::tasks {

namespace {

constexpr std::size_t kMostWords = 8;      // of a name
constexpr std::size_t kMostNames = 3;      // that one word may mean
constexpr std::size_t kCommonLetters = 5;  // with which words that mean the same begin: "nation", "nationality"

class Names {
 public:
  explicit Names(const SqlSchema& schema) {
    for (const SqlTable& table : schema.tables) {
      add(table.name);
      for (const SqlColumn& column : table.columns) {
        add(column.name);
        for (const std::string& text : column.said) with_text_[key_of(text)].insert(column.name);
      }
    }
  }

  /// Names that the words spell.
  const std::vector<std::string>* spelled(const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &found->second;
  }

  /// Columns that hold the text of these words; none when these are too many to mean anything.
  std::vector<std::string> holding(const std::string& key) const {
    const auto found = with_text_.find(key);
    if (found == with_text_.end() || found->second.size() > kMostNames) return {};
    return {found->second.begin(), found->second.end()};
  }

  /// Names of which the word is a part: of the shortest of them all; none when these are too many to mean anything.
  std::vector<std::string> with_part(const std::string& word) const {
    std::vector<std::string> found;
    std::size_t fewest = kMostWords;
    for (const auto& [name, parts] : parts_) {
      if (parts.size() > fewest || std::ranges::none_of(parts, [&](const std::string& p) { return alike(p, word); }))
        continue;
      if (parts.size() < fewest) found.clear();
      fewest = parts.size();
      found.push_back(name);
    }
    if (found.size() > kMostNames) found.clear();
    return found;
  }

 private:
  std::map<std::string, std::vector<std::string>> by_key_;
  std::vector<std::pair<std::string, std::vector<std::string>>> parts_;  // names once, in the schema's order
  std::map<std::string, std::set<std::string>> with_text_;
  std::set<std::string> known_;

  static std::string key_of(std::string_view text) {
    std::string key;
    for (const std::string& word : words(text)) key += stem(word);
    return key;
  }

  static bool alike(const std::string& a, const std::string& b) {
    return a == b ||
           (std::min(a.size(), b.size()) >= kCommonLetters && a.compare(0, kCommonLetters, b, 0, kCommonLetters) == 0);
  }

  void add(const std::string& name) {
    if (!known_.insert(name).second) return;
    const std::string key = key_of(name);
    if (key.empty()) return;
    std::vector<std::string> parts;
    for (const std::string& word : words(name)) parts.push_back(stem(word));
    by_key_[key].push_back(name);
    parts_.emplace_back(name, std::move(parts));
  }
};

}  // namespace

bool is_function_word(std::string_view word) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"a",   "all",  "also", "an",   "and",   "any",   "are", "as",    "at",   "be",    "but",  "by",   "can",   "did",
       "do",  "does", "each", "find", "for",   "from",  "get", "give",  "had",  "has",   "have", "how",  "i",     "if",
       "in",  "is",   "it",   "its",  "list",  "many",  "me",  "more",  "most", "much",  "no",   "not",  "of",    "on",
       "one", "or",   "show", "tell", "than",  "that",  "the", "their", "them", "there", "they", "this", "those", "to",
       "was", "were", "what", "when", "where", "which", "who", "whose", "why",  "with",  "you"});
  static_assert(std::ranges::is_sorted(kWords));
  return std::ranges::binary_search(kWords, word);
}

std::vector<NameLink> name_links(const SqlSchema& schema, std::span<const Word> question) {
  const Names names(schema);
  std::vector<NameLink> links;
  std::set<std::string> guessed;
  for (std::size_t i = 0; i < question.size();) {
    std::optional<NameLink> longest;
    std::string key;
    for (std::size_t n = 1; n <= std::min(kMostWords, question.size() - i); ++n) {
      key += stem(question[i + n - 1].text);
      if (n == 1 && is_function_word(question[i].text)) continue;
      if (const auto* found = names.spelled(key))
        longest = NameLink{i, i + n, *found};
      else if (std::vector<std::string> columns = names.holding(key); !columns.empty())
        longest = NameLink{i, i + n, std::move(columns), true};
    }
    std::size_t taken = 1;
    if (longest) {
      taken = longest->last - i;
      links.push_back(*std::move(longest));
    } else if (const std::string word = stem(question[i].text);
               word.size() > 1 && !is_function_word(question[i].text)) {
      std::vector<std::string> found = names.with_part(word);
      std::erase_if(found, [&](const std::string& name) { return !guessed.insert(name).second; });
      if (!found.empty()) links.push_back({i, i + 1, std::move(found)});
    }
    i += taken;
  }
  return links;
}

std::string linked_question(const SqlSchema& schema, std::string_view question) {
  const std::vector<Word> said = words_with_places(question);
  std::string linked;
  std::size_t copied = 0;
  for (const NameLink& link : name_links(schema, said)) {
    const std::size_t end = said[link.last - 1].end;
    linked.append(question.substr(copied, end - copied));
    copied = end;
    for (const std::string& name : link.names)
      linked.append(&name == &link.names.front() ? " [" : ", ").append(name) += ' ';
    linked += ']';
  }
  return linked.append(question.substr(copied));
}

}  // namespace eve::tasks
