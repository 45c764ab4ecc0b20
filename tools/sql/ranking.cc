// SPDX-License-Identifier: Apache-2.0
#include "sql/ranking.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace eve::sql {

namespace {

using Text = std::string_view;

enum Feature : std::size_t {
  kLogProbability,
  kMissing,          // words and numbers of the question that no literal says (Coverage)
  kUnusedLinks,      // names that the question says and the statement does not use
  kUnlinkedColumns,  // columns that the question does not say
  kUnlinkedTables,
  kCutTexts,     // literals that end within a name
  kRaggedTexts,  // literals that begin or end with a word that says how is asked
  kFarTexts,     // literals nearer to the name of another column
  kIdleTables,   // joined, and no column used
  kAverageUnsaid,
  kAverageLost,
  kMostUnsaid,
  kMostLost,
  kLeastUnsaid,
  kLeastLost,
  kCountUnsaid,
  kCountLost,
  kSumUnsaid,
  kSumLost,
  kGroupUnsaid,
  kGroupLost,
  kMoreUnsaid,
  kMoreLost,
  kLessUnsaid,
  kLessLost,
  kDistinctUnsaid,
  kConditions,
};

struct Named {
  Text name;
  double weight;
};
// Fitted by models/pico-sql/ranking.py.
constexpr std::array<Named, Ranking::kFeatures> kWeights = {{
    {"log probability", 1}, {"missing", -0.7},   {"unused links", 0}, {"unlinked columns", 0}, {"unlinked tables", 0},
    {"cut texts", 0},       {"ragged texts", 0}, {"far texts", 0},    {"idle tables", 0},      {"AVG unsaid", 0},
    {"AVG lost", 0},        {"MAX unsaid", 0},   {"MAX lost", 0},     {"MIN unsaid", 0},       {"MIN lost", 0},
    {"COUNT unsaid", 0},    {"COUNT lost", 0},   {"SUM unsaid", 0},   {"SUM lost", 0},         {"GROUP BY unsaid", 0},
    {"GROUP BY lost", 0},   {"> unsaid", 0},     {"> lost", 0},       {"< unsaid", 0},         {"< lost", 0},
    {"DISTINCT unsaid", 0}, {"conditions", 0},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c & 0x80) != 0; }

struct Token {
  enum Kind { kWord, kText, kNumber, kMark } kind;
  std::string text;   ///< of a kText without its quotes; of a kWord without "T1."
  std::size_t alias;  ///< 1 for "T1."; 0: none
};

std::vector<Token> tokens_of(Text sql) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < sql.size();) {
    if (sql[at] == ' ') {
      ++at;
      continue;
    }
    std::size_t alias = 0;
    if (sql[at] == 'T' && at + 2 < sql.size() && is_digit(sql[at + 1]) && sql[at + 2] == '.') {
      alias = static_cast<std::size_t>(sql[at + 1] - '0');
      at += 3;
    }
    const std::size_t begin = at;
    const char first = sql[at++];
    if (first == '\'' || first == '"') {
      std::string text;
      for (; at < sql.size() && (sql[at] != first || (at + 1 < sql.size() && sql[at + 1] == first)); ++at) {
        at += sql[at] == first;
        text += sql[at];
      }
      at = std::min(at + 1, sql.size());
      // A name stays as the schema spells it.
      if (first == '\'')
        tokens.push_back({Token::kText, text, alias});
      else
        tokens.push_back({Token::kWord, std::string(sql.substr(begin, at - begin)), alias});
      continue;
    }
    Token::Kind kind = Token::kMark;
    if (is_digit(first)) {
      kind = Token::kNumber;
      while (at < sql.size() && (is_digit(sql[at]) || sql[at] == '.')) ++at;
    } else if (is_word(first)) {
      kind = Token::kWord;
      while (at < sql.size() && is_word(sql[at])) ++at;
    } else if (Text("<>!").find(first) != Text::npos && at < sql.size() && sql[at] == '=') {
      ++at;
    }
    tokens.push_back({kind, std::string(sql.substr(begin, at - begin)), alias});
  }
  return tokens;
}

/// What a statement is made of.
struct Parts {
  struct Condition {
    std::string column, literal;
  };
  std::set<std::string> words;            // keywords and names
  std::set<std::string> columns, tables;  // of columns those outside of ON
  std::vector<std::string> joined;        // tables, by the number of their alias from 1 on
  std::set<std::size_t> used;             // aliases
  std::vector<Condition> conditions;      // with a literal
  std::vector<std::string> texts;         // literals
  bool is_descending = false;
};

bool begins_clause(const Token& token) {
  static const std::set<Text> kWords = {"SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "JOIN", "ON"};
  return token.kind == Token::kWord && kWords.contains(token.text);
}

Parts parts_of(Text sql, const tasks::SqlSchema& schema) {
  std::map<std::string, const tasks::SqlTable*> tables;
  std::set<std::string> columns;
  for (const tasks::SqlTable& table : schema.tables) {
    tables.emplace(table.name, &table);
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
        parts.joined.push_back(token.text);
      } else if (!in_from && clause != "ON" && columns.contains(token.text)) {
        column = token.text;
        parts.columns.insert(token.text);
        if (token.alias != 0) parts.used.insert(token.alias);
      }
    } else if (token.kind == Token::kMark) {
      parts.words.insert(token.text);
    } else if (clause != "LIMIT") {
      parts.conditions.push_back({column, token.text});
      if (token.kind == Token::kText) parts.texts.push_back(token.text);
    }
  }
  // A name without an alias is that of the only table that has it.
  for (std::size_t i = 0; i < parts.joined.size(); ++i)
    for (const tasks::SqlColumn& own : tables[parts.joined[i]]->columns)
      if (parts.columns.contains(own.name) && std::ranges::count_if(parts.joined, [&](const std::string& table) {
                                                return std::ranges::find(tables[table]->columns, own.name,
                                                                         &tasks::SqlColumn::name) !=
                                                       tables[table]->columns.end();
                                              }) == 1)
        parts.used.insert(i + 1);
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

bool Ranking::is_linked(Text name) const {
  return std::ranges::any_of(
      links_, [&](const tasks::NameLink& link) { return std::ranges::find(link.names, name) != link.names.end(); });
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
  for (const std::string& column : parts.columns) f[kUnlinkedColumns] += !is_linked(column);
  for (const std::string& table : parts.tables) f[kUnlinkedTables] += !is_linked(table);
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
  if (parts.joined.size() > 1)
    for (std::size_t i = 1; i <= parts.joined.size(); ++i) f[kIdleTables] += !parts.used.contains(i);
  const auto has = [&](const char* word) { return parts.words.contains(word); };
  const auto weigh = [&](Feature unsaid, bool is_there, bool is_said) {
    f[unsaid] = is_there && !is_said;
    f[unsaid + 1] = !is_there && is_said;  // the feature behind it: lost
  };
  const bool is_ordered = has("ORDER");
  weigh(kAverageUnsaid, has("AVG"), says({"average", "mean", "avg", "averages"}));
  weigh(kMostUnsaid, has("MAX") || (is_ordered && parts.is_descending),
        says({"highest", "most", "maximum", "max", "largest", "biggest", "latest", "last", "greatest", "best", "top",
              "longest", "oldest", "descending", "newest", "max.", "tallest", "heaviest"}));
  weigh(kLeastUnsaid, has("MIN") || (is_ordered && !parts.is_descending),
        says({"lowest", "least", "minimum", "min", "smallest", "earliest", "first", "fewest", "shortest", "youngest",
              "ascending", "alphabetical", "cheapest", "low"}));
  weigh(kCountUnsaid, has("COUNT"), says({"many", "number", "count", "numbers"}));
  weigh(kSumUnsaid, has("SUM"), says({"total", "sum", "combined", "altogether"}));
  weigh(kGroupUnsaid, has("GROUP"), says({"each", "per", "every", "different"}));
  weigh(
      kMoreUnsaid, has(">") || has(">="),
      says({"more", "over", "larger", "greater", "above", "after", "higher", "bigger", "later", "least", "exceeding"}));
  weigh(kLessUnsaid, has("<") || has("<="),
        says({"less", "under", "smaller", "below", "before", "lower", "fewer", "earlier", "most"}));
  f[kDistinctUnsaid] = has("DISTINCT") && !says({"different", "distinct", "unique"});
  f[kConditions] = static_cast<double>(parts.conditions.size());
  return f;
}

double Ranking::confidence(double share, double log_probability) {
  // Logistic regression by models/pico-sql/ranking.py.
  constexpr double kConstant = 0.5, kShare = 1, kModel = 0.1;
  return 1 / (1 + std::exp(-(kConstant + kShare * std::log(share) + kModel * log_probability)));
}

double Ranking::score(Text sql, double log_probability) const {
  const Features all = features(sql, log_probability);
  double sum = 0;
  for (std::size_t i = 0; i < kFeatures; ++i) sum += kWeights[i].weight * all[i];
  return sum;
}

}  // namespace eve::sql
