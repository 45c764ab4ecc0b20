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
constexpr std::uint32_t kMaxTags = 16, kMaxTagWords = 6, kMaxSentences = 5, kMinWords = 4, kMaxWords = 24;

std::string capital(std::string word) {
  if (word[0] >= 'a' && word[0] <= 'z') word[0] = static_cast<char>(word[0] & ~0x20);
  return word;
}

bool starts_with_letter(const std::string& word) { return word[0] >= 'a' && word[0] <= 'z'; }

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
  std::vector<std::string> words, starts;
  for (Text list = tasks::kPictureWords; !list.empty();) {
    const std::size_t space = std::min(list.find(' '), list.size());
    std::string word(list.substr(0, space));
    list.remove_prefix(std::min(space + 1, list.size()));
    if (is_denied(word)) continue;
    if (starts_with_letter(word)) starts.push_back(capital(word));
    words.push_back(std::move(word));
  }
  for (const std::string& word : lists.allow)
    if (!is_denied(word)) words.push_back(word);
  words_ = std::make_shared<const Dfa>(Dfa::words(words));
  starts_ = std::make_shared<const Dfa>(Dfa::words(starts));
}

bool Expander::is_denied(const std::string& word) const {
  const std::string text = lower(word);
  return std::ranges::any_of(denied_, [&](const std::string& denied) { return text == denied; });
}

std::shared_ptr<const Grammar> Expander::grammar(Text description, Form form) const {
  GrammarBuilder builder;
  // Words of the description that are words and nothing else.
  std::vector<std::string> own;
  for (const std::string& word : tasks::words(description))
    if (std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; }) && !words_->matches(word) &&
        !is_denied(word))
      own.push_back(word);
  const auto word =
      own.empty() ? builder.terminal(words_) : builder.choice({builder.terminal(words_), builder.words(own)});
  const auto space = builder.literal(" "), comma = builder.literal(", ");
  GrammarBuilder::Node rest;
  if (form == Form::kTags) {
    const auto tag = builder.sequence({word, builder.repeat(builder.sequence({space, word}), 0, kMaxTagWords - 1)});
    rest = builder.repeat(builder.sequence({comma, tag}), 1, kMaxTags);
  } else {
    const auto more = builder.sequence({builder.choice({space, comma}), word});
    const auto sentence =
        builder.sequence({builder.terminal(starts_), builder.repeat(more, kMinWords, kMaxWords), builder.literal(".")});
    rest =
        builder.sequence({builder.literal("."), builder.repeat(builder.sequence({space, sentence}), 1, kMaxSentences)});
  }
  return builder.build(builder.sequence({builder.literal(description), rest}));
}

std::vector<std::string> Expander::additions(Text description, Text style, Form form, float temperature,
                                             std::uint64_t seed, const GenerateOptions& base) {
  const std::string subject(tasks::cut(tasks::one_line(description), kDescriptionBytes));
  if (subject.empty()) return {};
  // Now and then nothing that was drawn may stay. Seeds that users count up from 0 are far from those.
  constexpr std::uint64_t kDraws = 3, kApart = 0x9E3779B97F4A7C15;
  std::vector<std::string> parts;
  for (std::uint64_t draw = 0; parts.empty() && draw < (temperature > 0 ? kDraws : 1); ++draw)
    parts = draw_once(subject, style, form, temperature, seed + draw * kApart, base);
  return parts;
}

std::vector<std::string> Expander::draw_once(const std::string& subject, Text style, Form form, float temperature,
                                             std::uint64_t seed, const GenerateOptions& base) {
  GenerateOptions options = base;
  options.temperature = temperature;
  options.top_k = 40;
  // Descriptions draw apart from each other, the same one the same again.
  options.seed = XXH3_64bits_withSeed(subject.data(), subject.size(), seed);
  options.max_tokens = subject.size() + 160;
  const Generator::Request request{tasks::image_prompt(subject, form == Form::kTags ? "tags" : "sentences"),
                                   {grammar(subject, form), "", {}}};
  std::string text;
  generator_.generate_all(std::span(&request, 1), options, [&](std::size_t, Generator::Result&& result) {
    if (result.text.size() > subject.size()) text = result.text.substr(subject.size());
  });
  // Parts, each with something new to say; tags that say no word again and do not break off.
  std::set<std::string> said, words, added;
  for (const Text text : {Text(subject), style})
    for (std::string& word : tasks::words(text)) words.insert(tasks::stem(std::move(word)));
  std::vector<std::string> parts;
  TagFilter filter(subject, style, allowed_);
  const Text between = form == Form::kTags ? ", " : ". ";
  for (Text rest = text; !rest.empty();) {
    if (rest.starts_with(between)) rest.remove_prefix(2);
    const std::size_t end = std::min(rest.find(between), rest.size());
    std::string part(rest.substr(0, end));
    rest.remove_prefix(end);
    if (form == Form::kSentences && !part.empty() && !part.ends_with('.')) part += '.';
    bool fresh = false;
    for (std::string& word : tasks::words(part))
      if (word.size() > 2) fresh = words.insert(tasks::stem(std::move(word))).second || fresh;
    if (!fresh || !said.insert(part).second) continue;
    if (form == Form::kTags && (breaks_off(part) || !filter.take(part) || says_again(part, added))) continue;
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string with_additions(std::string text, const std::vector<std::string>& parts, Form form, std::size_t budget) {
  for (const std::string& part : parts) {
    // A description is a sentence of its own before others; behind BREAK something new begins.
    const bool ended = behind_break(text) == text.size() || Text(".!?,;:").find(text.back()) != Text::npos;
    const Text between = ended ? " " : form == Form::kTags ? ", " : ". ";
    std::string longer = text + std::string(between) + part;
    if (count_tokens(longer) <= budget) text = std::move(longer);
  }
  return text;
}

}  // namespace eve::prompt
