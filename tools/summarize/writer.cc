// SPDX-License-Identifier: Apache-2.0
#include "summarize/writer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "summarize/terms.h"
#include "tasks/plain.h"
#include "tasks/text.h"

namespace eve::summarize {

namespace {

constexpr double kSupported = 0.75;  // share of a sentence's words below which --strict drops it
constexpr std::size_t kMaxCites = 3, kAttempts = 6;
constexpr std::size_t kTokens = 50;  // for a sentence whose words are not counted
// Of a draft that is sure of its words (mean probability) no others are drawn.
constexpr double kSure = 0.85;
constexpr std::size_t kDrafts = 6;
constexpr float kTemperature = 0.65F;

std::string line_of(const Turn& turn) { return turn.speaker.empty() ? turn.text : turn.speaker + ": " + turn.text; }

/// As the grammar joins them, which no abbreviation can hide.
std::vector<std::string_view> written_sentences(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(". "), text.size() - 1);
    result.push_back(text.substr(0, end + 1));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return result;
}

/// Its words by threes.
std::vector<std::string> threes(std::string_view sentence) {
  const std::vector<std::string> words = tasks::words(sentence);
  std::vector<std::string> result;
  for (std::size_t i = 2; i < words.size(); ++i) result.push_back(words[i - 2] + ' ' + words[i - 1] + ' ' + words[i]);
  return result;
}

/// Whether a sentence goes round in circles: a word twice in a row or around "and", or three words a second time.
bool repeats(std::string_view sentence) {
  const std::vector<std::string> words = tasks::words(sentence), parts = threes(sentence);
  for (std::size_t i = 2; i < words.size(); ++i)
    if (words[i] == words[i - 2] && (words[i - 1] == "and" || words[i - 1] == "or")) return true;
  return std::ranges::adjacent_find(words) != words.end() ||
         std::set<std::string>(parts.begin(), parts.end()).size() < parts.size();
}

/// Whether an article stands before what no noun phrase begins with: "sent a on Monday", "for the.".
bool lacks_noun(std::string_view sentence) {
  static const std::set<std::string_view> kNext = {
      "a",  "an", "and", "are", "as",   "at",  "but",  "by", "for",   "from",     "has", "have", "in",   "is",
      "it", "of", "on",  "or",  "that", "the", "they", "to", "today", "tomorrow", "was", "were", "will", "with"};
  const std::string small = tasks::lower(sentence);
  bool after_article = false;
  for (std::size_t begin = 0; begin < small.size();) {
    const std::size_t end = std::min(small.find(' ', begin), small.size());
    const auto word = std::string_view(small).substr(begin, end - begin);
    if (after_article && kNext.contains(word)) return true;
    if (word == "a." || word == "an." || word == "the.") return true;
    after_article = word == "a" || word == "an" || word == "the";
    begin = end + 1;
  }
  return false;
}

/// Mean probability (geometric) of the tokens.
double confidence(const std::vector<float>& log_probs) {
  const double sum = std::accumulate(log_probs.begin(), log_probs.end(), 0.0);
  return std::exp(sum / static_cast<double>(std::max<std::size_t>(log_probs.size(), 1)));
}

/// ROUGE-L of two texts by their words: F1 of the longest common subsequence (Lin, 2004).
double likeness(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::size_t> longest(b.size() + 1);
  for (const std::string& word : a)
    for (std::size_t j = 0, diagonal = 0; j < b.size(); ++j) {
      const std::size_t above = longest[j + 1];
      longest[j + 1] = word == b[j] ? diagonal + 1 : std::max(above, longest[j]);
      diagonal = above;
    }
  return 2.0 * static_cast<double>(longest.back()) / static_cast<double>(std::max<std::size_t>(a.size() + b.size(), 1));
}

}  // namespace

bool is_sound(std::string_view text) {
  return std::ranges::none_of(written_sentences(text),
                              [](std::string_view sentence) { return repeats(sentence) || lacks_noun(sentence); });
}

Support support_of(std::string_view sentence, const std::vector<Turn>& turns) {
  std::map<std::string, double> weights;
  for (std::string& term : terms(sentence)) weights.emplace(std::move(term), 0);
  std::vector<std::set<std::string>> has(turns.size());
  for (std::size_t i = 0; i < turns.size(); ++i)
    for (std::string& term : terms(line_of(turns[i])))
      if (weights.contains(term)) has[i].insert(std::move(term));
  double all = 0;
  for (auto& [term, weight] : weights) {
    const auto count = std::ranges::count_if(has, [&, &term = term](const auto& set) { return set.contains(term); });
    weight = std::log(1 + static_cast<double>(turns.size() + 1) / static_cast<double>(count + 1));
    all += weight;
  }
  Support support;
  double held = 0;
  while (support.turns.size() < kMaxCites && !weights.empty()) {
    double best = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < turns.size(); ++i) {
      double gain = 0;
      for (const std::string& term : has[i])
        if (const auto found = weights.find(term); found != weights.end()) gain += found->second;
      if (gain > best) {
        best = gain;
        at = i;
      }
    }
    // The first turn is cited for anything, another for a fair part.
    if (best == 0 || (!support.turns.empty() && best < all * 0.15)) break;
    support.turns.push_back(turns[at].number);
    held += best;
    for (const std::string& term : has[at]) weights.erase(term);
  }
  std::ranges::sort(support.turns);
  support.share = all > 0 ? held / all : 0;
  return support;
}

void Writer::add(const Turn& turn, const Shape& shape) {
  const std::size_t bytes = line_of(turn).size() + 1;
  if (bytes_ + bytes > settings_.window_bytes && !window_.empty()) write(shape);
  // A turn larger than a window is read in parts that end with sentences.
  if (bytes > settings_.window_bytes) {
    Turn part = turn;
    part.text.clear();
    for (std::string_view rest : sentences(turn.text))
      while (!rest.empty()) {
        const std::string_view piece = tasks::cut(rest, settings_.window_bytes / 4);
        rest.remove_prefix(piece.size());
        if (!part.text.empty() && part.text.size() + piece.size() > settings_.window_bytes / 2) {
          window_.push_back(part);
          write(shape);
          part.text.clear();
        }
        part.text.append(part.text.empty() ? "" : " ").append(piece);
      }
    if (part.text.empty()) return;
    bytes_ += line_of(part).size() + 1;
    window_.push_back(std::move(part));
    return;
  }
  bytes_ += bytes;
  window_.push_back(turn);
}

void Writer::write(const Shape& shape) {
  std::string text;
  std::size_t sentences_here = 0;
  for (const Turn& turn : window_) {
    text += line_of(turn) + "\n";
    sentences_here += sentences(turn.text).size();
  }
  Shape here = shape;
  // Nobody has to find more to say than the text does.
  here.least = windows_ ? 1
                        : std::min({shape.least, sentences_here,
                                    shape.words ? std::max<std::size_t>(shape.words / 6, 1) : sentences_here});
  GenerateOptions options = options_;
  options.max_tokens = shape.words ? std::min<std::size_t>(shape.words * 5 + 16, 800) : shape.sentences * kTokens;
  options.attempts = kAttempts;
  const Generator::Request request{tasks::summarize_prompt(text, settings_.window_bytes + 400),
                                   {summary_grammar(words_of(window_), here), "", is_sound}};
  // The model has learnt talk: of what no one says it makes things up.
  const bool is_talk = std::ranges::any_of(window_, [](const Turn& turn) { return !turn.speaker.empty(); });
  const std::vector<Draft> all = is_talk ? drafts(request, options) : std::vector<Draft>();
  const Draft draft = agreed(all);
  statements_.clear();
  if (draft.text.empty()) quote(here, all);
  // A sentence that ended because no words were left is not whole.
  std::vector<std::string_view> whole = written_sentences(draft.text);
  if (whole.size() > here.least && (draft.is_full || (shape.words && count_words(draft.text) >= shape.words)))
    whole.pop_back();
  std::set<std::string> said_before;
  for (const std::string_view sentence : whole) {
    // One that mostly says again what those before it say is left out.
    const std::vector<std::string> parts = threes(sentence);
    const auto again = std::ranges::count_if(parts, [&](const auto& part) { return said_before.contains(part); });
    if (2 * static_cast<std::size_t>(again) > parts.size()) continue;
    said_before.insert(parts.begin(), parts.end());
    const Support support = support_of(sentence, window_);
    if (settings_.strict && support.share < kSupported) {
      ++dropped_;
      continue;
    }
    keep({std::string(sentence), support.turns});
  }
  ++windows_;
  window_.clear();
  bytes_ = 0;
}

/// The likeliest text; with others that are drawn unless it is sure of its words.
std::vector<Writer::Draft> Writer::drafts(const Generator::Request& request, GenerateOptions options) {
  std::vector<Draft> drafts;
  const auto take = [&](std::size_t, Generator::Result&& result) {
    const bool is_full = result.tokens.size() + 8 >= options.max_tokens;
    const bool is_sure = confidence(result.log_probs) >= kSure;
    if (!result.text.empty()) drafts.push_back({std::move(result.text), is_full, is_sure});
  };
  generator_.generate_all(std::span(&request, 1), options, take);
  if (!drafts.empty() && drafts[0].is_sure) return drafts;
  std::vector<Generator::Request> requests(kDrafts, request);
  for (std::size_t i = 0; i < kDrafts; ++i) requests[i].seed = i;
  options.temperature = kTemperature;
  options.beams = 1;
  generator_.generate_all(requests, options, take);
  return drafts;
}

/// The draft that is most like the others: what the model is most likely to mean, while the likeliest text is but the
/// one with the likeliest words (minimum Bayes risk; Kumar and Byrne, 2004). A sure one stands; empty where they do not
/// agree.
Writer::Draft Writer::agreed(const std::vector<Draft>& drafts) const {
  if (!drafts.empty() && drafts[0].is_sure) return drafts[0];
  std::vector<std::vector<std::string>> words;
  for (const Draft& draft : drafts) words.push_back(tasks::words(draft.text));
  double most = settings_.min_agreement * static_cast<double>(drafts.size() - 1);
  Draft best;
  for (std::size_t i = 0; drafts.size() > 1 && i < drafts.size(); ++i) {
    double sum = -1;  // the likeness to itself
    for (const auto& other : words) sum += likeness(words[i], other);
    if (sum < most || (sum == most && !best.text.empty())) continue;
    most = sum;
    best = drafts[i];
  }
  return best;
}

void Writer::keep(Statement statement) {
  if (std::ranges::any_of(statements_, [&](const Statement& s) { return s.text == statement.text; })) return;
  cites_.push_back(statement.cites);
  extractor_.add({"", statement.text, cites_.size(), 0});
  statements_.push_back(std::move(statement));
}

/// What cannot be written well is quoted: where drafts do not agree on how to say it, they still tell what matters.
void Writer::quote(const Shape& shape, const std::vector<Draft>& drafts) {
  Extractor extractor;
  for (const Turn& turn : window_) extractor.add(turn);
  std::vector<std::string> texts;
  for (const Draft& draft : drafts) texts.push_back(draft.text);
  extractor.heed(texts);
  if (shape.full_stop)
    for (const Excerpt& excerpt : extractor.choose(settings_.quotations)) keep({said(excerpt), {excerpt.turn}});
  else if (const std::string title = extractor.title(shape.words); !title.empty())
    keep({title, support_of(title, window_).turns});
  quoted_ += !statements_.empty();
}

std::vector<Statement> Writer::finish(const Shape& shape) {
  if (!window_.empty()) write(shape);
  if (windows_ <= 1) return statements_;
  std::vector<Statement> chosen;
  std::set<std::string> seen;
  const bool only_quotations = quoted_ == windows_ && shape.full_stop;
  for (Excerpt& excerpt :
       extractor_.choose(only_quotations ? settings_.quotations : Limits{shape.words, shape.sentences}))
    if (seen.insert(excerpt.text).second) chosen.push_back({excerpt.text, cites_[excerpt.turn - 1]});
  return chosen;
}

}  // namespace eve::summarize
