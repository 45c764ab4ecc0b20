// SPDX-License-Identifier: Apache-2.0
#include "summarize/words_of.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "summarize/terms.h"
#include "tasks/summarize_words.h"
#include "tasks/text.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;
using tasks::lower;

constexpr std::array<Text, 20> kFigures = {
    "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
    "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<Text, 8> kTens = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
constexpr std::size_t kSpelled = 12;  // a number up to which figures may be spelled

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string capital(std::string word) {
  if (is_lower(word[0])) word[0] = static_cast<char>(word[0] & ~0x20);
  return word;
}

struct Common {
  std::set<std::string, std::less<>> words;
  std::shared_ptr<const Dfa> all, starts;
};

const Common& common() {
  static const Common made = [] {
    Common result;
    std::vector<std::string> all, starts;
    for (Text list = tasks::kCommonWords; !list.empty();) {
      const std::size_t space = std::min(list.find(' '), list.size());
      const std::string word(list.substr(0, space));
      list.remove_prefix(std::min(space + 1, list.size()));
      if (is_upper(word[0])) starts.push_back(word);
      all.push_back(lower(word));
      result.words.insert(lower(word));
    }
    result.all = std::make_shared<const Dfa>(Dfa::words(all));
    result.starts = std::make_shared<const Dfa>(Dfa::words(starts));
    return result;
  }();
  return made;
}

/// A word without the marks around it, and whether one of them parts it from the next.
struct Word {
  Text text;
  bool parted;
};

Word bare(Text token) {
  constexpr Text kFront = "\"'([{<*_#", kBack = "\"')]}>*_.,;:!?";
  while (!token.empty() && kFront.find(token.front()) != Text::npos) token.remove_prefix(1);
  const std::size_t size = token.size();
  while (!token.empty() && kBack.find(token.back()) != Text::npos) token.remove_suffix(1);
  return {token, token.size() != size};
}

class Collector {
 public:
  void add(const Turn& turn) {
    if (!turn.speaker.empty()) {
      run(turn.speaker, true);
      run(lower(turn.speaker) == turn.speaker ? capital(turn.speaker) : turn.speaker, true);
    }
    for (const Text sentence : sentences(turn.text)) run(sentence, false);
  }

  TextWords result() const {
    TextWords words;
    words.plain.assign(plain_.begin(), plain_.end());
    for (const std::string& word : plain_)
      if (is_lower(word[0])) words.starts.push_back(capital(word));
    for (std::size_t i = 0; i < TextWords::kMaxRun; ++i) words.runs[i].assign(runs_[i].begin(), runs_[i].end());
    return words;
  }

 private:
  std::set<std::string> plain_, runs_[TextWords::kMaxRun];
  std::size_t tens_ = 0;  // a word before this one that was "twenty", "thirty" ...

  /// A line of a sentence, or a name, whose words are all particulars.
  void run(Text line, bool name) {
    std::vector<std::string> particulars;
    std::string letters;  // said one by one
    tens_ = 0;
    bool first = true;
    while (!line.empty()) {
      const std::size_t space = std::min(line.find(' '), line.size());
      const Word word = bare(line.substr(0, space));
      line.remove_prefix(std::min(space + 1, line.size()));
      if (word.text.empty()) {
        end(particulars);
        continue;
      }
      const std::string text(word.text), small = lower(text);
      const bool particular = name || std::ranges::any_of(text, [](char c) { return is_upper(c) || is_digit(c); });
      // "The" at the start of a sentence names nothing.
      const bool ordinary = !name && first && common().words.contains(small) && std::ranges::none_of(text, is_digit) &&
                            std::ranges::none_of(text.substr(1), is_upper);
      first = false;
      if (text.size() == 1 && is_upper(text[0]))
        letters += text;
      else
        spelled(letters);
      std::string joined = text;
      if (std::erase(joined, '_') && std::ranges::all_of(joined, is_upper)) spelled(joined);
      if (particular && !ordinary && text != "I") {
        particulars.push_back(text);
        value_of(small);
        if (word.parted) {
          end(particulars);
          tens_ = 0;
        }
        continue;
      }
      end(particulars);
      if (!particular && !common().words.contains(text)) plain_.insert(text);
      value_of(small);
      if (word.parted) tens_ = 0;
    }
    spelled(letters);
    end(particulars);
  }

  /// "M R I" and "T_V_" may be written "MRI" and "TV".
  void spelled(std::string& letters) {
    if (letters.size() > 1) runs_[0].insert(letters);
    letters.clear();
  }

  /// "four", "thirty four" and "thirty-four" may be written "4" and "34", and a small number the other way.
  void value_of(Text words) {
    while (!words.empty()) {
      const std::size_t hyphen = std::min(words.find('-'), words.size());
      const Text word = words.substr(0, hyphen);
      words.remove_prefix(std::min(hyphen + 1, words.size()));
      const std::size_t tens = tens_;
      tens_ = 0;
      for (std::size_t i = 1; i < kFigures.size(); ++i) {
        if (word == kFigures[i]) {
          if (i > 1) runs_[0].insert(std::to_string(i));
          if (tens && i < 10) runs_[0].insert(std::to_string(tens + i));
        }
        if (i > 1 && i <= kSpelled && word == std::to_string(i)) plain_.insert(std::string(kFigures[i]));
      }
      for (std::size_t i = 0; i < kTens.size(); ++i)
        if (word == kTens[i]) runs_[0].insert(std::to_string(tens_ = 20 + 10 * i));
    }
  }

  void end(std::vector<std::string>& particulars) {
    for (std::size_t at = 0; at < particulars.size(); ++at) {
      std::string text;
      for (std::size_t length = 0; length < TextWords::kMaxRun && at + length < particulars.size(); ++length) {
        text += (length ? " " : "") + particulars[at + length];
        runs_[length].insert(text);
        if (std::isalpha(static_cast<unsigned char>(text.back())) && !text.ends_with("'s"))
          runs_[length].insert(text + "'s");
      }
    }
    particulars.clear();
  }
};

}  // namespace

TextWords words_of(const std::vector<Turn>& turns) {
  Collector collector;
  for (const Turn& turn : turns) collector.add(turn);
  return collector.result();
}

std::shared_ptr<const Grammar> summary_grammar(const TextWords& words, const Shape& shape) {
  using Node = GrammarBuilder::Node;
  GrammarBuilder builder;
  const Node space = builder.literal(" "), comma = builder.literal(", "), next = builder.literal(". ");
  const Node end = shape.full_stop ? builder.literal(".") : builder.empty();
  const auto either = [&](std::shared_ptr<const Dfa> common, const std::vector<std::string>& own) {
    return own.empty() ? builder.terminal(common) : builder.choice({builder.terminal(common), builder.words(own)});
  };
  const Node plain = either(common().all, words.plain), start = either(common().starts, words.starts);
  std::vector<Node> runs;
  for (const auto& list : words.runs)
    if (!list.empty()) runs.push_back(builder.words(list));

  // What may follow when `s` sentences and `w` words are left: behind a plain word, and behind a run, beside which no
  // other may stand. Words that are not counted have one place, a rule that comes back to itself.
  const bool counted = shape.words > 0;
  std::vector<std::vector<Node>> behind_plain(shape.sentences), behind_run(shape.sentences);
  const auto left = [&](std::size_t w, std::size_t words) { return counted ? w - words : 0; };
  const auto sentence = [&](Node front, std::size_t s, std::size_t w) {
    // A first word and what follows it, w words in all.
    std::vector<Node> ways{builder.sequence({front, start, behind_plain[s][left(w, 1)]})};
    for (std::size_t k = 0; k < runs.size() && (!counted || k < w); ++k)
      ways.push_back(builder.sequence({front, runs[k], behind_run[s][left(w, k + 1)]}));
    return builder.choice(ways);
  };
  for (std::size_t s = 0; s < shape.sentences; ++s) {
    if (!counted) {
      behind_plain[s].push_back(builder.declare());
      behind_run[s].push_back(builder.declare());
    }
    for (std::size_t w = 0; w < (counted ? shape.words : 1); ++w) {
      std::vector<Node> ways;
      if (shape.sentences - s >= shape.least) ways.push_back(end);
      if (s > 0 && (w > 0 || !counted)) ways.push_back(sentence(next, s - 1, w));
      std::vector<Node> run_ways = ways;
      if (w > 0 || !counted) {
        const Node word = builder.sequence({plain, behind_plain[s][left(w, 1)]});
        const Node more = builder.sequence({builder.choice({space, comma}), word});
        ways.push_back(more);
        run_ways.push_back(more);
        for (std::size_t k = 0; k < runs.size() && (!counted || k < w); ++k) {
          const Node run = builder.sequence({runs[k], behind_run[s][left(w, k + 1)]});
          ways.push_back(builder.sequence({builder.choice({space, comma}), run}));
          run_ways.push_back(builder.sequence({comma, run}));
        }
      }
      const Node after_plain = ways.empty() ? builder.nothing() : builder.choice(ways);
      const Node after_run = run_ways.empty() ? builder.nothing() : builder.choice(run_ways);
      if (counted) {
        behind_plain[s].push_back(after_plain);
        behind_run[s].push_back(after_run);
      } else {
        builder.define(behind_plain[s][0], after_plain);
        builder.define(behind_run[s][0], after_run);
      }
    }
  }
  return builder.build(sentence(builder.empty(), shape.sentences - 1, shape.words));
}

}  // namespace eve::summarize
