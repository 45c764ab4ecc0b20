// SPDX-License-Identifier: Apache-2.0
#include "summarize/extractive.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "summarize/terms.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;

constexpr std::size_t kMaxKept = 4096, kMaxCounts = 200'000, kMaxSentence = 2000;

// Chosen on training rows; the scores hardly depend on them.
constexpr double kCost = 0.6;      // power of the words a sentence costs
constexpr double kQuestion = 0.8;  // what a question is worth beside a statement
constexpr double kAgain = 0.3;     // what a word is worth that the summary already has
constexpr double kHeeded = 2;      // what a word is worth more that all other summaries have

double cost(const Excerpt& excerpt) {
  return std::pow(static_cast<double>(excerpt.words) + 3, kCost) / (excerpt.question ? kQuestion : 1);
}

}  // namespace

void Extractor::add(const Turn& turn) {
  ++turns_;
  for (const Text sentence : summarize::sentences(Text(turn.text).substr(0, 64 << 10))) {
    Excerpt excerpt;
    excerpt.text =
        sentence.size() > kMaxSentence ? shortened(sentence.substr(0, kMaxSentence), 300) : std::string(sentence);
    excerpt.order = ++sentences_;
    excerpt.terms = terms(excerpt.text);
    if (excerpt.terms.empty()) continue;
    excerpt.speaker = turn.speaker;
    excerpt.turn = turn.number;
    excerpt.line = turn.line;
    excerpt.words = count_words(turn.speaker) + count_words(excerpt.text);
    excerpt.question = excerpt.text.ends_with('?');
    std::unordered_set<std::string> seen;
    for (const std::string& term : excerpt.terms)
      if (seen.insert(term).second) ++counts_[term];
    kept_.push_back(std::move(excerpt));
  }
  if (kept_.size() > kMaxKept) shed();
}

void Extractor::heed(const std::vector<std::string>& summaries) {
  for (const std::string& summary : summaries) {
    const std::vector<std::string> words = terms(summary);
    for (const std::string& term : std::unordered_set<std::string>(words.begin(), words.end()))
      heeded_[term] += 1.0 / static_cast<double>(summaries.size());
  }
}

double Extractor::weight(const std::string& term) const {
  const auto found = counts_.find(term);
  const double count = found == counts_.end() ? 1 : found->second;
  // What nearly every sentence has tells nothing apart.
  const double n = static_cast<double>(sentences_);
  const auto heeded = heeded_.find(term);
  const double more = heeded == heeded_.end() ? 0 : kHeeded * heeded->second;
  return std::log1p(count) * std::log(1 + n / (count + 1)) * (1 + more);
}

double Extractor::worth(const Excerpt& excerpt) const {
  double sum = 0;
  std::unordered_set<std::string> seen;
  for (const std::string& term : excerpt.terms)
    if (seen.insert(term).second) sum += weight(term);
  return sum / cost(excerpt);
}

void Extractor::shed() {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < kept_.size(); ++i) order.emplace_back(worth(kept_[i]), i);
  std::ranges::stable_sort(order, std::greater<>(), &std::pair<double, std::size_t>::first);
  order.resize(kMaxKept / 2);
  std::ranges::sort(order, {}, &std::pair<double, std::size_t>::second);
  std::vector<Excerpt> kept;
  for (const auto& [worth, i] : order) kept.push_back(std::move(kept_[i]));
  kept_ = std::move(kept);
  if (counts_.size() > kMaxCounts) std::erase_if(counts_, [](const auto& entry) { return entry.second < 2; });
}

std::vector<Excerpt> Extractor::choose(const Limits& limits) const {
  const std::size_t most_words = limits.words ? limits.words : ~std::size_t{0};
  const std::size_t most = limits.sentences ? limits.sentences : ~std::size_t{0};
  std::unordered_set<std::string> covered;
  std::vector<std::size_t> chosen;
  std::vector<bool> taken(kept_.size());
  std::size_t words = 0;
  while (chosen.size() < most && words < most_words) {
    double best = 0;
    std::size_t at = kept_.size();
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const Excerpt& excerpt = kept_[i];
      if (taken[i] || words + excerpt.words > most_words) continue;
      double gain = 0;
      std::unordered_set<std::string> seen;
      for (const std::string& term : excerpt.terms)
        if (seen.insert(term).second) gain += weight(term) * (covered.contains(term) ? kAgain : 1);
      gain /= cost(excerpt);
      if (gain > best) {
        best = gain;
        at = i;
      }
    }
    if (at == kept_.size()) break;
    taken[at] = true;
    chosen.push_back(at);
    words += kept_[at].words;
    covered.insert(kept_[at].terms.begin(), kept_[at].terms.end());
  }
  if (words * 2 < most_words && chosen.size() < std::min(most, kept_.size())) {
    // What is worth saying is too long: the best, cut.
    const auto best = std::ranges::max_element(kept_, {}, [&](const Excerpt& e) { return worth(e); });
    Excerpt cut = *best;
    if (count_words(cut.speaker) * 2 > most_words) cut.speaker.clear();
    cut.text = shortened(cut.text, most_words - count_words(cut.speaker));
    cut.words = count_words(cut.speaker) + count_words(cut.text);
    return {std::move(cut)};
  }
  std::ranges::sort(chosen);
  std::vector<Excerpt> result;
  for (const std::size_t i : chosen) result.push_back(kept_[i]);
  return result;
}

std::string Extractor::title(std::size_t words) const {
  if (kept_.empty()) return "";
  const auto best = std::ranges::max_element(
      kept_, {}, [&](const Excerpt& e) { return worth(e) * (e.words <= words + 2 ? 1.5 : 1); });
  std::string title = shortened(best->text, words);
  while (!title.empty() && (title.back() == '.' || title.back() == ',') && !title.ends_with("...")) title.pop_back();
  return title;
}

double Extractor::share(const std::vector<std::string>& terms) const {
  double all = 0, held = 0;
  const std::unordered_set<std::string> have(terms.begin(), terms.end());
  for (const auto& [term, count] : counts_) {
    const double w = weight(term);
    all += w;
    if (have.contains(term)) held += w;
  }
  return all > 0 ? held / all : 0;
}

std::string said(const Excerpt& excerpt) {
  std::string text = excerpt.speaker.empty() ? excerpt.text : excerpt.speaker + ": " + excerpt.text;
  const auto last = static_cast<unsigned char>(text.back());
  if (last < 0x80 && Text(".!?)\"']:;").find(text.back()) == Text::npos) text += '.';
  return text;
}

}  // namespace eve::summarize
