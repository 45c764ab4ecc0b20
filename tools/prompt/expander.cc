// SPDX-License-Identifier: Apache-2.0
#include "prompt/expander.h"

#include <xxhash.h>

#include <algorithm>
#include <set>

#include "decode/grammar.h"
#include "prompt/syntax.h"
#include "prompt/tags.h"
#include "tasks/plain.h"
#include "tasks/prompt_words.h"
#include "tasks/text.h"

namespace eve::prompt {

namespace {

using Text = std::string_view;
using tasks::lower;

constexpr std::size_t kDescriptionBytes = 240;  // that the model sees
constexpr std::uint32_t kMaxTags = 16, kMaxTagWords = 6;

/// Whether the phrase ends with a word that leads on: "blade of".
bool breaks_off(Text phrase) {
  static const std::set<Text> kLeading = {"a",  "an", "and", "at",  "by",   "for",  "from",
                                          "in", "of", "on",  "the", "very", "with", "to"};
  return kLeading.contains(phrase.substr(phrase.rfind(' ') + 1));
}

/// Whether the phrase has a word twice in a row, or one of more than three letters twice, or one of `said`, to which
/// they are added if not.
bool says_again(Text phrase, std::set<std::string>& said) {
  std::set<std::string> own;
  std::string last;
  for (std::string& word : tasks::words(phrase)) {
    if (word == last) return true;
    last = word;
    if (word.size() <= 3) continue;
    word = tasks::stem(std::move(word));
    if (said.contains(word) || !own.insert(word).second) return true;
  }
  said.merge(own);
  return false;
}

}  // namespace

Expander::Expander(const Model& model, std::size_t threads, const WordLists& lists)
    : generator_(model, threads), allowed_(lists.allow) {
  for (const std::string& word : lists.deny) denied_.push_back(lower(word));
  std::vector<std::string> words;
  for (Text list = tasks::kPictureWords; !list.empty();) {
    const std::size_t space = std::min(list.find(' '), list.size());
    std::string word(list.substr(0, space));
    list.remove_prefix(std::min(space + 1, list.size()));
    if (!is_denied(word)) words.push_back(std::move(word));
  }
  for (const std::string& word : lists.allow)
    if (!is_denied(word)) words.push_back(word);
  words_ = std::make_shared<const Dfa>(Dfa::words(words));
}

bool Expander::is_denied(const std::string& word) const {
  const std::string text = lower(word);
  return std::ranges::any_of(denied_, [&](const std::string& denied) { return text == denied; });
}

std::shared_ptr<const Grammar> Expander::grammar(Text description) const {
  GrammarBuilder builder;
  // Words of the description that are words and nothing else.
  std::vector<std::string> own;
  for (const std::string& word : tasks::words(description))
    if (std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; }) && !words_->matches(word) &&
        !is_denied(word))
      own.push_back(word);
  const auto word =
      own.empty() ? builder.terminal(words_) : builder.choice({builder.terminal(words_), builder.words(own)});
  const auto tag =
      builder.sequence({word, builder.repeat(builder.sequence({builder.literal(" "), word}), 0, kMaxTagWords - 1)});
  const auto rest = builder.repeat(builder.sequence({builder.literal(", "), tag}), 1, kMaxTags);
  return builder.build(builder.sequence({builder.literal(description), rest}));
}

std::vector<std::string> Expander::additions(Text description, Text style, float temperature, std::uint64_t seed,
                                             const GenerateOptions& base) {
  const std::string subject(tasks::cut(tasks::one_line(description), kDescriptionBytes));
  if (subject.empty()) return {};
  // Now and then nothing that was drawn may stay. Seeds that users count up from 0 are far from those.
  constexpr std::uint64_t kDraws = 3, kApart = 0x9E3779B97F4A7C15;
  std::vector<std::string> tags;
  for (std::uint64_t draw = 0; tags.empty() && draw < (temperature > 0 ? kDraws : 1); ++draw)
    tags = draw_once(subject, style, temperature, seed + draw * kApart, base);
  return tags;
}

std::vector<std::string> Expander::draw_once(const std::string& subject, Text style, float temperature,
                                             std::uint64_t seed, const GenerateOptions& base) {
  GenerateOptions options = base;
  options.temperature = temperature;
  options.top_k = 40;
  // Descriptions draw apart from each other, the same one the same again.
  options.seed = XXH3_64bits_withSeed(subject.data(), subject.size(), seed);
  options.max_tokens = subject.size() + 160;
  const Generator::Request request{tasks::image_prompt(subject, "tags"), {grammar(subject), "", {}}};
  std::string text;
  generator_.generate_all(std::span(&request, 1), options, [&](std::size_t, Generator::Result&& result) {
    if (result.text.size() > subject.size()) text = result.text.substr(subject.size());
  });
  // Tags, each with something new to say, that say no word again and do not break off.
  std::set<std::string> said, words, added;
  for (const Text known : {Text(subject), style})
    for (std::string& word : tasks::words(known)) words.insert(tasks::stem(std::move(word)));
  std::vector<std::string> tags;
  TagFilter filter(subject, style, allowed_);
  constexpr Text kBetween = ", ";
  for (Text rest = text; !rest.empty();) {
    if (rest.starts_with(kBetween)) rest.remove_prefix(kBetween.size());
    const std::size_t end = std::min(rest.find(kBetween), rest.size());
    std::string tag(rest.substr(0, end));
    rest.remove_prefix(end);
    bool fresh = false;
    for (std::string& word : tasks::words(tag))
      if (word.size() > 2) fresh = words.insert(tasks::stem(std::move(word))).second || fresh;
    if (!fresh || !said.insert(tag).second || breaks_off(tag) || !filter.take(tag) || says_again(tag, added)) continue;
    tags.push_back(std::move(tag));
  }
  return tags;
}

std::string with_additions(std::string text, const std::vector<std::string>& parts, Text between, std::size_t budget) {
  for (const std::string& part : parts) {
    // Behind BREAK something new begins.
    const bool ended = behind_break(text) == text.size() || Text(".!?,;:").find(text.back()) != Text::npos;
    std::string longer = text + std::string(ended ? " " : between) + part;
    if (count_tokens(longer) <= budget) text = std::move(longer);
  }
  return text;
}

}  // namespace eve::prompt
