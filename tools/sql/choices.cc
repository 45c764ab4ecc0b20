// SPDX-License-Identifier: Apache-2.0
#include "sql/choices.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "tasks/text.h"

namespace eve::sql {

namespace {

using Text = std::string_view;
using tasks::lower;

struct Weight {
  Text phrase;
  std::int16_t hundredths;
};
// Sorted; fitted by models/pico-sql/choices.py.
constexpr Weight kWeights[] = {
#include "sql/choices.inc"
};
static_assert(std::ranges::is_sorted(kWeights, {}, &Weight::phrase));

constexpr std::array<Text, 6> kAggregates = {"", "AVG", "COUNT", "MAX", "MIN", "SUM"};
constexpr std::array<Text, 35> kCues = {"amount", "average", "best",    "biggest",  "combined", "count",   "earliest",
                                        "fewest", "first",   "great",   "greatest", "high",     "highest", "largest",
                                        "last",   "latest",  "least",   "longest",  "low",      "lowest",  "many",
                                        "max",    "maximum", "mean",    "min",      "minimum",  "most",    "much",
                                        "number", "oldest",  "overall", "smallest", "sum",      "top",     "total"};
constexpr std::size_t kAround = 4;  // other places of a border that are looked at
constexpr std::size_t kFar = 7, kShownShape = 6, kLongText = 5;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

/// One sign for what a word looks like.
std::string shape_of(Text word) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::all_of(word, is_digit)) return word.size() == 4 ? "Y" : "9";
  if (!is_word(word[0])) return std::string(word);
  if (is_capital(word[0])) return word.size() > 1 && std::ranges::all_of(word, is_capital) ? "X" : "A";
  return std::ranges::any_of(word, is_digit) ? "m" : "a";
}

bool is_number_type(Text type) {
  static constexpr std::array<Text, 8> kBegins = {"int", "rea", "num", "dec", "flo", "dou", "big", "sma"};
  return std::ranges::find(kBegins, Text(lower(type.substr(0, 3)))) != kBegins.end();
}

double weight_of(Text phrase) {
  const auto at = std::ranges::lower_bound(kWeights, phrase, {}, &Weight::phrase);
  return at != std::end(kWeights) && at->phrase == phrase ? at->hundredths / 100.0 : 0;
}

bool compares(const Token& token) {
  static constexpr std::array<Text, 9> kOperators = {"=", "!=", "<>", "<", ">", "<=", ">=", "LIKE", "BETWEEN"};
  return token.kind != Token::kText && std::ranges::find(kOperators, Text(token.text)) != kOperators.end();
}

}  // namespace

Choices::Choices(const tasks::SqlSchema& schema, Text question) : text_(question) {
  std::set<std::string> names, seen;
  for (const tasks::SqlTable& table : schema.tables)
    for (const tasks::SqlColumn& column : table.columns) {
      if (!seen.insert(lower(column.name)).second) continue;
      Column& added = columns_.emplace_back(Column{column.name, {}, is_number_type(column.type)});
      for (std::string& word : tasks::words(column.name)) {
        word = tasks::stem(std::move(word));
        names.insert(word);
        if (std::ranges::find(added.words, word) == added.words.end()) added.words.push_back(std::move(word));
      }
    }
  question_ = pieces(question, names);
}

std::vector<Choices::Piece> Choices::pieces(Text text, const std::set<std::string>& names) {
  std::vector<Piece> result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    if (is_word(text[at]))
      while (end < text.size() && is_word(text[end])) ++end;
    const Text piece = text.substr(at, end - at);
    const std::string small = lower(piece), stem = tasks::stem(small);
    if (piece != " ") result.push_back({small, stem, shape_of(piece), names.contains(stem), at, end});
    at = end;
  }
  return result;
}

/// The column of that name; columns_.size() if there is none.
std::size_t Choices::column(Text name) const {
  const auto is_it = [key = lower(name)](const Column& column) { return lower(column.name) == key; };
  return static_cast<std::size_t>(std::ranges::find_if(columns_, is_it) - columns_.begin());
}

/// Pieces between a span and the nearest word of a column's name, to the left 1 to kFar, to the right kFar + 1 to
/// 2 kFar; 0: none is said.
std::size_t Choices::distance(const Column& column, Span span) const {
  std::size_t nearest = 0;
  for (std::size_t i = 0; i < question_.size(); ++i) {
    if (!question_[i].is_name || (i >= span.first && i < span.last)) continue;
    if (std::ranges::find(column.words, question_[i].stem) == column.words.end()) continue;
    const bool is_left = i < span.first;
    const std::size_t away = std::min(is_left ? span.first - i : i - span.last + 1, kFar);
    if (nearest == 0 || away < (nearest - 1) % kFar + 1) nearest = away + (is_left ? 0 : kFar);
  }
  return nearest;
}

/// What is seen at the border before a piece.
std::vector<std::string> Choices::border(std::size_t at, bool is_end) const {
  static const Piece kNone{"", "", "", false, 0, 0};
  const auto piece = [&](std::size_t i) -> const Piece& { return i < question_.size() ? question_[i] : kNone; };
  const Piece &left = piece(at - 1), &left2 = piece(at - 2), &right = piece(at), &right2 = piece(at + 1);
  const auto named = [](const Piece& p) { return p.is_name ? "name " : ""; };
  const std::string side = is_end ? "end " : "begin ";
  return {side + left.lower + " |",
          side + "| " + right.lower,
          side + left2.lower + " " + left.lower + " |",
          side + "| " + right.lower + " " + right2.lower,
          side + "shape " + left.shape + " | " + right.shape,
          side + "shape " + left2.shape + " " + left.shape + " |",
          side + "shape | " + right.shape + " " + right2.shape,
          side + named(left) + "| " + named(right),
          side + named(left) + "shape " + left.shape + " | " + named(right) + "shape " + right.shape};
}

Choice Choices::borders(const Token& literal, Span span, bool is_end) const {
  Choice choice{Choice::kBorder, {}, 0, literal.begin, literal.end, {}};
  const std::size_t made = is_end ? span.last : span.first;
  const std::size_t least =
      is_end ? std::max(span.first + 1, made - std::min(made, kAround)) : made - std::min(made, kAround);
  const std::size_t most = std::min(made + kAround, is_end ? question_.size() : span.last - 1);
  for (std::size_t at = least; at <= most; ++at) {
    if (at == made) choice.made = choice.seen.size();
    choice.seen.push_back(border(at, is_end));
    const std::size_t begin = question_[is_end ? span.first : at].begin,
                      end = question_[(is_end ? at : span.last) - 1].end;
    choice.instead.push_back(in_quotes(Text(text_).substr(begin, end - begin)));
  }
  return choice;
}

Choice Choices::compared(const Token& name, const Token& literal, Span span, std::size_t made,
                         std::size_t selected) const {
  Choice choice{Choice::kColumn, {}, made, name.end - name.text.size(), name.end, {}};
  std::string shape;
  for (std::size_t i = span.first; i < std::min(span.last, span.first + kShownShape); ++i) shape += question_[i].shape;
  const std::string length = std::to_string(std::min(span.last - span.first, kLongText));
  const std::string& last = question_[span.last - 1].lower;
  const std::string left = span.first > 0 ? question_[span.first - 1].lower : "";
  const char* kind = literal.kind == Token::kText ? "text" : "number";
  std::vector<std::size_t> distances;
  std::size_t nearest = kFar + 1;
  const auto away = [](std::size_t distance) { return distance == 0 ? kFar + 1 : (distance - 1) % kFar + 1; };
  for (const Column& column : columns_) {
    distances.push_back(distance(column, span));
    nearest = std::min(nearest, away(distances.back()));
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const auto is_said = [&](const std::string& word) {
      return std::ranges::any_of(question_, [&](const Piece& p) { return p.is_name && p.stem == word; });
    };
    const auto said = std::ranges::count_if(column.words, is_said);
    const std::string spelled = said == 0 ? "unsaid" : said == std::ssize(column.words) ? "said" : "partly said";
    const std::string at = std::to_string(distances[i]);
    std::vector<std::string> seen = {std::string(kind) + (column.is_number ? " in numbers" : " in texts"),
                                     "column at " + at, "column " + spelled, "column " + spelled + " at " + at};
    if (distances[i] != 0 && away(distances[i]) == nearest) seen.push_back("column nearest");
    if (i == selected) seen.push_back("column selected");
    if (i == selected) seen.push_back("column selected and " + spelled);
    for (const std::string& word : column.words) {
      seen.push_back(word + ":");
      seen.push_back(word + ": shape " + shape);
      seen.push_back(word + ": shape " + question_[span.first].shape + "...");
      seen.push_back(word + ": length " + length);
      seen.push_back(word + ": ... " + last);
      seen.push_back(word + ": behind " + left);
    }
    choice.seen.push_back(std::move(seen));
    choice.instead.push_back(column.name);
  }
  return choice;
}

Choice Choices::computed(Text aggregate, std::size_t column, bool has_order) const {
  const bool is_star = column == columns_.size();
  const Column& of = is_star ? Column{"*", {}, true} : columns_[column];
  const std::string kind = of.is_number ? " number" : " text";
  const auto word = [&](std::size_t i) { return i < question_.size() ? question_[i].lower : ""; };
  std::vector<std::string> seen = {kind,
                                   word(0),
                                   word(0) + " " + word(1),
                                   word(0) + " " + word(1) + " " + word(2),
                                   word(0) + kind,
                                   has_order ? "ordered" + kind : "equal" + kind};
  if (is_star) seen.push_back("rows");
  if (has_order) seen.push_back("ordered " + word(0) + " " + word(1) + kind);
  for (const Text cue : kCues) {
    if (std::ranges::find(question_, cue, &Piece::lower) == question_.end()) continue;
    seen.push_back("says " + std::string(cue));
    seen.push_back("says " + std::string(cue) + kind);
    if (std::ranges::find(of.words, cue) != of.words.end()) seen.push_back("is named " + std::string(cue));
  }
  std::size_t said = 0;
  const auto is_it = [&](const Piece& p) { return p.is_name && std::ranges::find(of.words, p.stem) != of.words.end(); };
  while (said < question_.size() && !is_it(question_[said])) ++said;
  if (said == question_.size()) {
    seen.push_back("unsaid" + kind);
  } else {
    const std::string one = said > 0 ? word(said - 1) : "", two = said > 1 ? word(said - 2) + " " + one : one;
    seen.push_back("behind " + one);
    seen.push_back("behind " + two);
    seen.push_back("behind " + two + kind);
    if (said > 2) seen.push_back("behind " + word(said - 3) + " " + two);
  }
  for (const std::string& name : of.words) {
    seen.push_back("of " + name);
    if (word(0) == "how" && word(1) == "many") seen.push_back("how many, of " + name);
  }
  Choice choice{Choice::kAggregate, {}, 0, 0, 0, {}};
  for (std::size_t i = 0; i < kAggregates.size(); ++i) {
    if (kAggregates[i] == aggregate) choice.made = i;
    std::vector<std::string>& phrases = choice.seen.emplace_back(seen);
    phrases.emplace_back();
    for (std::string& phrase : phrases) phrase = std::string(kAggregates[i]) + "(" + phrase + ")";
  }
  return choice;
}

std::vector<Choice> Choices::of(Text sql) const {
  std::vector<Choice> choices;
  const std::vector<Token> tokens = tokens_of(sql);
  const bool has_order = std::ranges::any_of(tokens, [](const Token& token) {
    return token.kind == Token::kMark && (token.text[0] == '<' || token.text[0] == '>') && token.text != "<>";
  });
  std::size_t selected = columns_.size(), at = 1;
  std::size_t opened = 0;  // the token of the aggregate; 0: none
  for (; at < tokens.size() && tokens[at].text != "FROM"; ++at) {
    const Token& token = tokens[at];
    const bool is_star = token.text == "*" && opened;
    const std::size_t found = is_star ? columns_.size() : column(token.text);
    if (token.kind == Token::kWord && std::ranges::find(kAggregates, Text(token.text)) != kAggregates.end())
      opened = at;
    if (!is_star && found == columns_.size()) continue;
    if (selected == columns_.size()) selected = found;
    Choice choice = computed(opened ? tokens[opened].text : "", found, has_order);
    if (!is_star && at + 1 < tokens.size()) {
      choice.begin = tokens[opened ? opened : at].begin;
      choice.end = opened ? tokens[at + 1].end : token.end;
      const std::string name(sql.substr(token.begin, token.end - token.begin));
      for (const Text aggregate : kAggregates)
        choice.instead.push_back(aggregate.empty() ? name : std::string(aggregate) + "(" + name + ")");
    }
    choices.push_back(std::move(choice));
    opened = 0;
  }
  for (; at + 2 < tokens.size(); ++at) {
    const Token& literal = tokens[at + 2];
    if (!compares(tokens[at + 1]) || (literal.kind != Token::kText && literal.kind != Token::kNumber)) continue;
    Text text = literal.text;
    while (text.starts_with('%')) text.remove_prefix(1);
    while (text.ends_with('%')) text.remove_suffix(1);
    const std::vector<Piece> parts = pieces(text, {});
    const auto place = std::ranges::search(question_, parts, {}, &Piece::lower, &Piece::lower);
    if (parts.empty() || place.empty()) continue;
    const auto first = static_cast<std::size_t>(place.begin() - question_.begin());
    const Span span{first, first + parts.size()};
    if (literal.kind == Token::kText) {
      choices.push_back(borders(literal, span, false));
      choices.push_back(borders(literal, span, true));
      if (text != literal.text)  // a part of what is compared with
        for (Choice* choice : {&choices.back(), &choices.back() - 1}) choice->instead.clear();
    }
    if (const std::size_t made = column(tokens[at].text); made < columns_.size())
      choices.push_back(compared(tokens[at], literal, span, made, selected));
  }
  return choices;
}

std::vector<double> Choices::log_shares(const Choice& choice) {
  std::vector<double> sums;
  for (const std::vector<std::string>& phrases : choice.seen) {
    double sum = 0;
    for (const std::string& phrase : phrases) sum += weight_of(phrase);
    sums.push_back(sum);
  }
  const double most = *std::ranges::max_element(sums);
  double all = 0;
  for (const double sum : sums) all += std::exp(sum - most);
  for (double& sum : sums) sum -= most + std::log(all);
  return sums;
}

}  // namespace eve::sql
