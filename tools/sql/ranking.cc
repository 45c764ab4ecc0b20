// SPDX-License-Identifier: Apache-2.0
#include "sql/ranking.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "sql/tokens.h"

namespace eve::sql {

namespace {

using Text = std::string_view;

enum Feature : std::size_t {
  kLogProbability,
  kMissing,      // words and numbers of the question that no literal says (Coverage)
  kUnusedLinks,  // names that the question says and the statement does not use
  kCutTexts,     // literals that end within a name
  kRaggedTexts,  // literals that begin or end with a word that says how is asked
  kFarTexts,     // literals nearer to the name of another column
  // What is there and nobody said, and what was said and is not there.
  kAverageUnsaid,
  kAverageLost,
  kMostUnsaid,
  kLeastUnsaid,
  kLeastLost,
  kCountLost,
  kMoreUnsaid,
  kLessUnsaid,
  kLessLost,
  kDistinctUnsaid,
};

struct Named {
  Text name;
  double weight;
};
// Fitted by models/pico-sql/ranking.py.
constexpr std::array<Named, Ranking::kFeatures> kWeights = {{
    {"log probability", 0.39},
    {"missing", -0.39},
    {"unused links", -1.56},
    {"cut texts", -2.15},
    {"ragged texts", -2.56},
    {"far texts", -0.33},
    {"AVG unsaid", -0.54},
    {"AVG lost", -1.71},
    {"MAX unsaid", -1.39},
    {"MIN unsaid", -2.33},
    {"MIN lost", -1.26},
    {"COUNT lost", -0.7},
    {"> unsaid", -2.59},
    {"< unsaid", -2.43},
    {"< lost", -1.77},
    {"DISTINCT unsaid", -2.29},
}};

/// What a statement is made of.
struct Parts {
  struct Condition {
    std::string column, literal;
  };
  std::set<std::string> words;            // keywords and names
  std::set<std::string> columns, tables;  // of columns those outside of ON
  std::vector<Condition> conditions;      // with a literal
  std::vector<std::string> texts;         // literals
  bool is_descending = false;
};

bool begins_clause(const Token& token) {
  static const std::set<Text> kWords = {"SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "JOIN", "ON"};
  return token.kind == Token::kWord && kWords.contains(token.text);
}

Parts parts_of(Text sql, const tasks::SqlSchema& schema) {
  std::set<std::string> tables, columns;
  for (const tasks::SqlTable& table : schema.tables) {
    tables.insert(table.name);
    for (const tasks::SqlColumn& column : table.columns) columns.insert(column.name);
  }
  Parts parts;
  std::string clause, column;
  for (const Token& token : tokens_of(sql)) {
    if (begins_clause(token)) clause = token.text;
    const bool in_from = clause == "FROM" || clause == "JOIN";
    if (token.kind == Token::kWord) {
      parts.words.insert(token.text);
      parts.is_descending |= token.text == "DESC";
      if (in_from && tables.contains(token.text)) {
        parts.tables.insert(token.text);
      } else if (!in_from && clause != "ON" && columns.contains(token.text)) {
        column = token.text;
        parts.columns.insert(token.text);
      }
    } else if (token.kind == Token::kMark) {
      parts.words.insert(token.text);
    } else if (clause != "LIMIT") {
      parts.conditions.push_back({column, token.text});
      if (token.kind == Token::kText) parts.texts.push_back(token.text);
    }
  }
  return parts;
}

}  // namespace

Ranking::Ranking(const tasks::SqlSchema& schema, Text question)
    : schema_(schema),
      coverage_(schema, question),
      said_(tasks::words_with_places(question)),
      links_(tasks::name_links(schema, said_)) {
  for (const tasks::Word& word : said_) {
    const char first = question[word.end - std::min(word.end, word.text.size())];
    capital_.push_back(first >= 'A' && first <= 'Z');
  }
}

const std::array<Text, Ranking::kFeatures>& Ranking::names() {
  static const auto all = [] {
    std::array<Text, kFeatures> names;
    std::ranges::transform(kWeights, names.begin(), &Named::name);
    return names;
  }();
  return all;
}

bool Ranking::says(std::initializer_list<Text> words) const {
  return std::ranges::any_of(
      said_, [&](const tasks::Word& said) { return std::ranges::find(words, Text(said.text)) != words.end(); });
}

bool Ranking::is_in_link(std::size_t word) const {
  return std::ranges::any_of(links_,
                             [&](const tasks::NameLink& link) { return word >= link.first && word < link.last; });
}

std::vector<Ranking::Place> Ranking::places_of(Text literal) const {
  std::vector<Place> places;
  const std::vector<std::string> words = tasks::words(literal);
  if (words.empty()) return places;
  const auto same = [](const tasks::Word& said, const std::string& word) { return said.text == word; };
  for (auto at = said_.begin();; ++at) {
    at = std::search(at, said_.end(), words.begin(), words.end(), same);
    if (at == said_.end()) return places;
    const auto first = static_cast<std::size_t>(at - said_.begin());
    places.push_back({first, first + words.size()});
  }
}

/// Whether the word before or behind is one of the same name: it begins with a capital too, and means no column.
bool Ranking::is_cut(Place place) const {
  const auto goes_on = [&](std::size_t inside, std::size_t outside) {
    return outside > 0 && outside < said_.size() && capital_[inside] && capital_[outside] && !is_in_link(outside);
  };
  return goes_on(place.last - 1, place.last) || (place.first > 0 && goes_on(place.first, place.first - 1));
}

/// Whether a name that is nearer to the words is that of another column.
bool Ranking::is_far(Place place, Text column) const {
  const auto distance = [&](const tasks::NameLink& link) {
    return link.last <= place.first ? place.first - link.last : link.first >= place.last ? link.first - place.last : 0;
  };
  std::size_t own = said_.size(), other = said_.size();
  for (const tasks::NameLink& link : links_) {
    const bool is_own = std::ranges::find(link.names, column) != link.names.end();
    std::size_t& nearest = is_own ? own : other;
    nearest = std::min(nearest, distance(link));
  }
  return other < own;
}

Ranking::Features Ranking::features(Text sql, double log_probability) const {
  const Parts parts = parts_of(sql, schema_);
  Features f{};
  f[kLogProbability] = log_probability;
  f[kMissing] = static_cast<double>(coverage_.missing(sql));
  const auto uses = [&](const std::string& name) {
    return parts.columns.contains(name) || parts.tables.contains(name);
  };
  for (const tasks::NameLink& link : links_) f[kUnusedLinks] += std::ranges::none_of(link.names, uses);
  for (const std::string& text : parts.texts) {
    const std::vector<Place> places = places_of(text);
    if (places.empty()) continue;
    f[kCutTexts] += std::ranges::all_of(places, [&](Place place) { return is_cut(place); });
    f[kRaggedTexts] += std::ranges::all_of(places, [&](Place place) {
      const auto is_plain = [&](std::size_t at) { return !capital_[at] && tasks::is_function_word(said_[at].text); };
      return is_plain(place.first) || is_plain(place.last - 1);
    });
  }
  for (const Parts::Condition& condition : parts.conditions) {
    const std::vector<Place> places = places_of(condition.literal);
    f[kFarTexts] +=
        !places.empty() && std::ranges::all_of(places, [&](Place p) { return is_far(p, condition.column); });
  }
  const auto has = [&](const char* word) { return parts.words.contains(word); };
  const bool is_ordered = has("ORDER"), has_average = has("AVG"),
             has_least = has("MIN") || (is_ordered && !parts.is_descending),
             has_most = has("MAX") || (is_ordered && parts.is_descending), has_less = has("<") || has("<=");
  const bool says_average = says({"average", "mean", "avg", "averages"}),
             says_least = says({"lowest", "least", "minimum", "min", "smallest", "earliest", "first", "fewest",
                                "shortest", "youngest", "ascending", "alphabetical", "cheapest", "low"}),
             says_most = says({"highest", "most", "maximum", "max", "largest", "biggest", "latest", "last", "greatest",
                               "best", "top", "longest", "oldest", "descending", "newest", "tallest", "heaviest"}),
             says_less = says({"less", "under", "smaller", "below", "before", "lower", "fewer", "earlier", "most"});
  f[kAverageUnsaid] = has_average && !says_average;
  f[kAverageLost] = !has_average && says_average;
  f[kMostUnsaid] = has_most && !says_most;
  f[kLeastUnsaid] = has_least && !says_least;
  f[kLeastLost] = !has_least && says_least;
  f[kCountLost] = !has("COUNT") && says({"many", "number", "count", "numbers"});
  f[kMoreUnsaid] = (has(">") || has(">=")) && !says({"more", "over", "larger", "greater", "above", "after", "higher",
                                                     "bigger", "later", "least", "exceeding"});
  f[kLessUnsaid] = has_less && !says_less;
  f[kLessLost] = !has_less && says_less;
  f[kDistinctUnsaid] = has("DISTINCT") && !says({"different", "distinct", "unique"});
  return f;
}

double Ranking::confidence(double share, double log_probability) {
  // Logistic regression by models/pico-sql/ranking.py.
  constexpr double kConstant = 1.6, kShare = 1.82, kModel = 0.17;
  return 1 / (1 + std::exp(-(kConstant + kShare * std::log(share) + kModel * log_probability)));
}

double Ranking::score(Text sql, double log_probability) const {
  const Features all = features(sql, log_probability);
  double sum = 0;
  for (std::size_t i = 0; i < kFeatures; ++i) sum += kWeights[i].weight * all[i];
  return sum;
}

}  // namespace eve::sql
