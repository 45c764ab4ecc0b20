// SPDX-License-Identifier: Apache-2.0
#include "tasks/sql.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "tasks/sql_links.h"
#include "tasks/text.h"

namespace eve::tasks {

namespace {

constexpr std::size_t kQuestionBytes = 1000;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  return result;
}

/// Words, quoted names, strings and single other characters of a script.
class DdlReader {
 public:
  explicit DdlReader(std::string_view text) : text_(text) { next(); }
  bool ended() const { return token_.empty(); }
  std::string_view token() const { return token_; }
  bool is(std::string_view word) const { return upper(token_) == word; }
  bool accept(std::string_view word) {
    if (!is(word)) return false;
    next();
    return true;
  }
  /// The current token as a name; empty when it is none.
  std::string name() {
    const char first = token_.empty() ? '\0' : token_.front();
    std::string result;
    if (first == '"' || first == '`' || first == '[') {
      const std::string_view inner = token_.size() < 2 ? "" : token_.substr(1, token_.size() - 2);
      result = '"' + std::string(inner) + '"';
    } else if (is_word(first)) {
      result = token_;
    } else {
      return result;
    }
    next();
    return result;
  }
  void next() {
    skip_blank();
    const std::size_t begin = at_;
    if (at_ == text_.size()) {
      token_ = {};
      return;
    }
    const char first = text_[at_++];
    if (first == '"' || first == '`' || first == '\'' || first == '[') {
      const char close = first == '[' ? ']' : first;
      while (at_ < text_.size()) {
        if (text_[at_++] != close) continue;
        if (close == ']' || at_ == text_.size() || text_[at_] != close) break;
        ++at_;
      }
    } else if (is_word(first)) {
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    }
    token_ = text_.substr(begin, at_ - begin);
  }
  /// Passes over the token, with all that is in its parentheses.
  void skip() {
    int depth = 0;
    do {
      depth += is("(") ? 1 : is(")") ? -1 : 0;
      next();
    } while (depth > 0 && !ended());
  }

 private:
  std::string_view text_, token_;
  std::size_t at_ = 0;

  static bool is_word(char c) {
    return c == '_' || c == '$' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  void skip_blank() {
    while (at_ < text_.size()) {
      if (text_.substr(at_, 2) == "--")
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (text_.substr(at_, 2) == "/*")
        at_ = std::min(text_.find("*/", at_ + 2), text_.size() - 2) + 2;
      else if (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r'))
        ++at_;
      else
        return;
    }
  }
};

std::vector<std::string> names_in_parentheses(DdlReader& in) {
  std::vector<std::string> names;
  if (!in.accept("(")) return names;
  while (!in.ended() && !in.is(")")) {
    std::string name = in.name();
    if (name.empty())
      in.skip();
    else
      names.push_back(std::move(name));
  }
  in.accept(")");
  return names;
}

void read_references(DdlReader& in, SqlSchema& schema, const std::string& table, const std::vector<std::string>& from) {
  const std::string to_table = in.name();
  const std::vector<std::string> to = names_in_parentheses(in);
  for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i)
    schema.links.push_back({table, from[i], to_table, to[i]});
}

void read_table_constraint(DdlReader& in, SqlSchema& schema, SqlTable& table) {
  if (in.accept("CONSTRAINT")) in.name();
  if (in.accept("PRIMARY")) {
    in.accept("KEY");
    for (const std::string& name : names_in_parentheses(in))
      for (SqlColumn& column : table.columns) column.key |= upper(column.name) == upper(name);
  } else if (in.accept("FOREIGN")) {
    in.accept("KEY");
    const std::vector<std::string> from = names_in_parentheses(in);
    if (in.accept("REFERENCES")) read_references(in, schema, table.name, from);
  }
  while (!in.ended() && !in.is(",") && !in.is(")")) in.skip();
}

void read_column(DdlReader& in, SqlSchema& schema, SqlTable& table) {
  SqlColumn column;
  column.name = in.name();
  if (column.name.empty()) {
    while (!in.ended() && !in.is(",") && !in.is(")")) in.skip();
    return;
  }
  static const std::set<std::string> kConstraints = {
      "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS"};
  while (!in.ended() && !in.is(",") && !in.is(")") && !kConstraints.contains(upper(in.token()))) {
    if (!in.is("(")) column.type.append(column.type.empty() ? "" : " ").append(in.token());
    in.skip();
  }
  std::vector<std::string> self{column.name};
  while (!in.ended() && !in.is(",") && !in.is(")")) {
    if (in.accept("PRIMARY"))
      column.key = true;
    else if (in.accept("REFERENCES"))
      read_references(in, schema, table.name, self);
    else
      in.skip();
  }
  table.columns.push_back(std::move(column));
}

void read_table(DdlReader& in, SqlSchema& schema) {
  if (in.accept("IF")) {
    in.accept("NOT");
    in.accept("EXISTS");
  }
  SqlTable table;
  table.name = in.name();
  if (in.accept(".")) table.name = in.name();
  if (table.name.empty() || !in.accept("(")) return;
  while (!in.ended() && !in.is(")")) {
    const bool constraint =
        in.is("CONSTRAINT") || in.is("PRIMARY") || in.is("FOREIGN") || in.is("UNIQUE") || in.is("CHECK");
    if (constraint)
      read_table_constraint(in, schema, table);
    else
      read_column(in, schema, table);
    in.accept(",");
  }
  schema.tables.push_back(std::move(table));
}

/// The type in a word; nothing for text. The order of the tests is SQLite's (Determination Of Column Affinity), with
/// dates and truth values in front, which it does not tell from numbers.
std::string_view short_type(std::string_view declared) {
  const std::string type = upper(declared);
  const auto has = [&](std::string_view part) { return type.find(part) != type.npos; };
  if (has("DATE") || has("TIME")) return " date";
  if (has("BOOL") || type == "BIT") return " bool";
  if (has("INT")) return " int";
  if (type.empty() || has("CHAR") || has("CLOB") || has("TEXT")) return "";
  if (has("BLOB")) return " blob";
  if (has("REAL") || has("FLOA") || has("DOUB")) return " real";
  return " num";
}

std::string table_line(const SqlTable& table) {
  std::string line = table.name + "(";
  for (const SqlColumn& column : table.columns) {
    if (&column != &table.columns.front()) line += ", ";
    const std::string_view type = short_type(column.type);
    line.append(column.name).append(type).append(column.key ? " key" : type.empty() ? " " : "");
  }
  return line + ")\n";
}

std::set<std::string> stems(std::string_view text) {
  std::set<std::string> result;
  for (const std::string& word : words(text)) result.insert(stem(word));
  return result;
}

/// A table whose line is no longer than the limit: keys, then columns with words of the question, then the others stay.
SqlTable narrowed(const SqlTable& table, std::string_view question, std::size_t limit_bytes) {
  if (table_line(table).size() <= limit_bytes) return table;
  const std::set<std::string> asked = stems(question);
  const auto rank = [&](const SqlColumn& column) {
    if (column.key) return 0;
    return std::ranges::any_of(stems(column.name), [&](const std::string& word) { return asked.contains(word); }) ? 1
                                                                                                                  : 2;
  };
  std::vector<std::size_t> order(table.columns.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return rank(table.columns[i]); });
  std::size_t total = table.name.size() + 8;
  std::set<std::size_t> kept;
  for (const std::size_t i : order) {
    const std::size_t size = table.columns[i].name.size() + 12;
    if (total + size > limit_bytes) break;
    total += size;
    kept.insert(i);
  }
  SqlTable result{table.name, {}};
  for (const std::size_t i : kept) result.columns.push_back(table.columns[i]);
  return result;
}

/// How many words of the question a table's names hold; half as much counts for a table beside it.
std::vector<double> relevance(const SqlSchema& schema, std::string_view question) {
  const std::set<std::string> asked = stems(question);
  std::vector<double> own;
  for (const SqlTable& table : schema.tables) {
    std::set<std::string> hits;
    const auto count = [&](std::string_view name) {
      for (const std::string& word : words(name))
        if (word.size() > 1 && asked.contains(stem(word))) hits.insert(stem(word));
    };
    for (const SqlColumn& column : table.columns) count(column.name);
    const std::size_t in_columns = hits.size();
    hits.clear();
    count(table.name);
    own.push_back(static_cast<double>(in_columns) + 3 * static_cast<double>(hits.size()));
  }
  std::vector<double> score = own;
  const auto place = [&](const std::string& name) {
    return static_cast<std::size_t>(
        std::ranges::find(schema.tables, upper(name), [](const SqlTable& t) { return upper(t.name); }) -
        schema.tables.begin());
  };
  for (const SqlLink& link : schema.links) {
    const std::size_t a = place(link.table), b = place(link.to_table);
    if (a >= own.size() || b >= own.size()) continue;
    score[a] = std::max(score[a], own[a] + own[b] / 2);
    score[b] = std::max(score[b], own[b] + own[a] / 2);
  }
  return score;
}

}  // namespace

SqlSchema read_ddl(std::string_view script) {
  SqlSchema schema;
  DdlReader in(script);
  while (!in.ended()) {
    if (!in.accept("CREATE")) {
      in.next();
      continue;
    }
    if (in.is("TEMP") || in.is("TEMPORARY")) in.next();
    if (in.accept("TABLE")) read_table(in, schema);
  }
  return schema;
}

SqlSchema relevant_part(const SqlSchema& schema, std::string_view question, std::size_t limit_bytes) {
  std::vector<std::size_t> sizes;
  for (const SqlTable& table : schema.tables) sizes.push_back(table_line(table).size());
  if (std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}) <= limit_bytes) return schema;
  const std::vector<double> score = relevance(schema, question);
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return score[a] > score[b]; });
  std::vector<bool> keep(sizes.size());
  std::size_t total = 0;
  for (const std::size_t i : order) {
    keep[i] = total == 0 || total + sizes[i] <= limit_bytes;
    if (keep[i]) total += sizes[i];
  }
  SqlSchema part;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    if (keep[i]) part.tables.push_back(narrowed(schema.tables[i], question, limit_bytes));
  const auto has = [&](const std::string& table, const std::string& column) {
    return std::ranges::any_of(part.tables, [&](const SqlTable& t) {
      return upper(t.name) == upper(table) &&
             std::ranges::any_of(t.columns, [&](const SqlColumn& c) { return upper(c.name) == upper(column); });
    });
  };
  for (const SqlLink& link : schema.links)
    if (has(link.table, link.column) && has(link.to_table, link.to_column)) part.links.push_back(link);
  return part;
}

std::size_t common_words(const SqlSchema& schema, std::string_view question) {
  const std::set<std::string> asked = stems(question);
  std::set<std::string> common;
  const auto alike = [](const std::string& a, const std::string& b) {
    return a == b || (std::min(a.size(), b.size()) >= 4 && a.substr(0, 4) == b.substr(0, 4));
  };
  const auto count = [&](std::string_view name) {
    for (const std::string& word : stems(name))
      if (word.size() > 1 && std::ranges::any_of(asked, [&](const std::string& other) { return alike(word, other); }))
        common.insert(word);
  };
  for (const SqlTable& table : schema.tables) {
    count(table.name);
    for (const SqlColumn& column : table.columns) count(column.name);
  }
  return common.size();
}

std::string sql_prompt(const SqlSchema& schema, std::string_view question, std::size_t limit_bytes) {
  const SqlSchema part = relevant_part(schema, question, limit_bytes);
  std::set<std::string> kept;
  std::string prompt = "SQL\n";
  for (const SqlTable& table : part.tables) {
    kept.insert(upper(table.name));
    prompt += table_line(table);
  }
  for (const SqlLink& link : part.links)
    if (kept.contains(upper(link.table)) && kept.contains(upper(link.to_table)))
      prompt.append(link.table + "." + link.column + " = " + link.to_table + "." + link.to_column + "\n");
  const std::string asked = one_line(question);
  return prompt.append("Q: ").append(linked_question(part, cut(asked, kQuestionBytes))).append(kAnswerCue);
}

}  // namespace eve::tasks
