// SPDX-License-Identifier: Apache-2.0
#include "sql/grammar.h"

#include <algorithm>
#include <map>
#include <set>

#include "sql/database.h"
#include "sql/joins.h"

namespace eve::sql {

namespace {

using Node = Grammar::Node;

constexpr std::size_t kMostTables = 4, kMostChoices = 240, kMostInner = 60;
constexpr std::size_t kMostDepth = 2;  // of queries within queries
constexpr std::uint32_t kMostItems = 12, kMostConditions = 8;

/// What a column may be compared with.
enum class Kind { kNumber, kText, kEither };

/// SQLite's affinities (Determination Of Column Affinity); dates and truth values are written in both ways.
Kind kind_of(const std::string& declared) {
  const std::string type = lower(declared);
  const auto has = [&](std::string_view part) { return type.find(part) != type.npos; };
  if (type.empty() || has("date") || has("time") || has("bool") || type == "bit" || has("blob")) return Kind::kEither;
  if (has("int")) return Kind::kNumber;
  if (has("char") || has("clob") || has("text")) return Kind::kText;
  return Kind::kNumber;
}

/// Columns by what they hold.
struct Columns {
  std::vector<std::string> all, numbers, texts;
  void add(const tasks::SqlColumn& column) {
    const Kind kind = kind_of(column.type);
    all.push_back(column.name);
    if (kind != Kind::kText) numbers.push_back(column.name);
    if (kind != Kind::kNumber) texts.push_back(column.name);
  }
};

/// The same as rules; nothing() where there is none.
struct ColumnRules {
  Node all, numbers, texts;
};

class Maker {
 public:
  Maker(const tasks::SqlSchema& schema, const Literals& literals) : schema_(schema) {
    text_ = words(literals.texts), number_ = words(literals.numbers), count_ = words(literals.counts);
    std::vector<std::string> like = literals.patterns;
    like.insert(like.end(), literals.texts.begin(), literals.texts.end());
    pattern_ = words(like);
    order_op_ = words({" = ", " != ", " > ", " < ", " >= ", " <= "});
    equal_op_ = words({" = ", " != "});
    set_query_ = b_.declare();
  }

  std::shared_ptr<const Grammar> make() {
    for (const tasks::SqlTable& table : schema_.tables) {
      Columns columns;
      for (const tasks::SqlColumn& column : table.columns) columns.add(column);
      of_table_.push_back({words(columns.all), words(columns.numbers), words(columns.texts)});
    }
    const auto choices = table_choices(schema_, kMostTables, kMostChoices);
    // Queries within queries, the innermost first: a small model that has lost its way would go down for ever.
    Node sub = b_.nothing();
    for (std::size_t depth = 0; depth < kMostDepth; ++depth) {
      std::vector<Node> inner;
      for (std::size_t i = 0; i < std::min(choices.size(), std::max(kMostInner, schema_.tables.size())); ++i) {
        const Scope scope = scope_of(choices[i], sub);
        inner.push_back(seq({lit("SELECT "), b_.optional(lit("DISTINCT ")), scope.item, from(choices[i]),
                             b_.optional(scope.where), b_.optional(scope.group), b_.optional(scope.order)}));
      }
      sub = seq({lit("("), b_.choice(inner), lit(")")});
    }
    std::vector<Node> whole, plain;
    for (const auto& tables : choices) {
      const Scope scope = scope_of(tables, sub);
      const Node rows = seq({from(tables), b_.optional(scope.where)});
      const Node body = seq({rows, b_.optional(scope.group)});
      // A column beside an aggregate means something for groups alone.
      const Node select =
          seq({lit("SELECT "), b_.choice({seq({scope.list, body}), seq({scope.mixed, rows, scope.group})})});
      plain.push_back(select);
      whole.push_back(seq({select, b_.optional(scope.order)}));
      whole.push_back(seq({select, words({" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT "}), set_query_}));
      if (tables.size() <= 2) whole.push_back(aggregate_of_aggregate(scope, body));
    }
    whole.push_back(seq({lit("SELECT COUNT(*) FROM ("), set_query_, lit(")")}));
    b_.define(set_query_, b_.choice(plain));
    return b_.build(b_.choice(whole));
  }

 private:
  /// The rules of statements about the same tables.
  struct Scope {
    Node list, mixed, item, aggregate, where, group, order;
  };

  GrammarBuilder b_;
  const tasks::SqlSchema& schema_;
  Node text_, number_, count_, pattern_, order_op_, equal_op_;
  Node set_query_;  // what follows UNION and the like
  std::vector<ColumnRules> of_table_;
  std::map<std::vector<std::string>, Node> words_;

  Node lit(std::string_view text) { return b_.literal(text); }
  Node seq(std::initializer_list<Node> parts) { return b_.sequence(parts); }
  Node words(const std::vector<std::string>& all) {
    const auto [at, fresh] = words_.try_emplace(all, 0);
    if (fresh) at->second = all.empty() ? b_.nothing() : b_.words(all);
    return at->second;
  }
  Node commas(Node part, std::uint32_t most) { return seq({part, b_.repeat(seq({lit(", "), part}), 0, most - 1)}); }
  Node in_list(Node part) { return seq({lit("("), commas(part, kMostItems), lit(")")}); }

  ColumnRules columns_of(const std::vector<std::size_t>& tables) {
    if (tables.size() == 1) return of_table_[tables[0]];
    std::map<std::string, int> times;
    for (const std::size_t t : tables)
      for (const tasks::SqlColumn& column : schema_.tables[t].columns) ++times[plain_name(column.name)];
    std::vector<Node> all, numbers, texts;
    Columns alone;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const Node alias = lit("T" + std::to_string(i + 1) + ".");
      const ColumnRules& rules = of_table_[tables[i]];
      all.push_back(seq({alias, rules.all}));
      numbers.push_back(seq({alias, rules.numbers}));
      texts.push_back(seq({alias, rules.texts}));
      for (const tasks::SqlColumn& column : schema_.tables[tables[i]].columns)
        if (times[plain_name(column.name)] == 1) alone.add(column);
    }
    all.push_back(words(alone.all)), numbers.push_back(words(alone.numbers)), texts.push_back(words(alone.texts));
    return {b_.choice(all), b_.choice(numbers), b_.choice(texts)};
  }

  /// `sub`: a query of one column in parentheses.
  Scope scope_of(const std::vector<std::size_t>& tables, Node sub) {
    const ColumnRules column = columns_of(tables);
    Scope scope{};
    const Node in = words({" IN ", " NOT IN "});
    const Node simple = b_.choice(
        {seq({column.texts, order_op_, text_}), seq({column.numbers, order_op_, number_}),
         seq({column.texts, words({" LIKE ", " NOT LIKE "}), pattern_}),
         seq({column.numbers, lit(" BETWEEN "), number_, lit(" AND "), number_}),
         seq({column.texts, lit(" BETWEEN "), text_, lit(" AND "), text_}), seq({column.texts, in, in_list(text_)}),
         seq({column.numbers, in, in_list(number_)}), seq({column.all, in, sub}), seq({column.all, order_op_, sub}),
         seq({column.all, words({" IS NULL", " IS NOT NULL"})}), seq({column.all, order_op_, column.all})});
    const auto joined = [&](Node one) {
      return seq({one, b_.repeat(seq({words({" AND ", " OR "}), one}), 0, kMostConditions - 1)});
    };
    const Node conditions = joined(b_.choice({simple, seq({lit("("), joined(simple), lit(")")})}));
    scope.where = seq({lit(" WHERE "), conditions});
    const Node counted_case = seq({lit("SUM(CASE WHEN "), conditions, lit(" THEN 1 ELSE 0 END)")});
    scope.aggregate =
        b_.choice({lit("COUNT(*)"), seq({lit("COUNT("), b_.optional(lit("DISTINCT ")), column.all, lit(")")}),
                   seq({words({"SUM(", "AVG("}), column.numbers, lit(")")}),
                   seq({words({"MIN(", "MAX("}), column.all, lit(")")}), counted_case});
    const Node computed = seq({column.numbers, words({" + ", " - ", " * ", " / "}), column.numbers});
    scope.item = b_.choice({column.all, scope.aggregate});
    const Node distinct = b_.optional(lit("DISTINCT "));
    scope.list = b_.choice({lit("*"), seq({distinct, commas(b_.choice({column.all, computed}), kMostItems)}),
                            commas(scope.aggregate, kMostItems)});
    scope.mixed = seq({distinct, commas(scope.item, kMostItems)});
    const Node having = b_.choice({seq({scope.aggregate, order_op_, b_.choice({number_, sub})}),
                                   seq({scope.aggregate, lit(" BETWEEN "), number_, lit(" AND "), number_})});
    scope.group = seq({lit(" GROUP BY "), commas(column.all, kMostItems),
                       b_.optional(seq({lit(" HAVING "), having, b_.repeat(seq({lit(" AND "), having}), 0, 3)}))});
    const Node limit = seq({lit(" LIMIT "), count_});
    const Node key = seq({scope.item, b_.optional(words({" ASC", " DESC"}))});
    scope.order = b_.choice({seq({lit(" ORDER BY "), commas(key, 4), b_.optional(limit)}), limit});
    return scope;
  }

  Node from(const std::vector<std::size_t>& tables) {
    std::vector<Node> parts = {lit(" FROM "), lit(schema_.tables[tables[0]].name)};
    if (tables.size() > 1) parts.push_back(lit(" AS T1"));
    for (std::size_t i = 1; i < tables.size(); ++i) {
      const std::string alias = "T" + std::to_string(i + 1);
      std::vector<std::string> pairs;
      for (std::size_t before = 0; before < i; ++before)
        for (const auto& [a, b] : join_columns(schema_, tables[before], tables[i])) {
          const std::string left =
              "T" + std::to_string(before + 1) + "." + schema_.tables[tables[before]].columns[a].name;
          const std::string right = alias + "." + schema_.tables[tables[i]].columns[b].name;
          pairs.push_back(left + " = " + right);
          pairs.push_back(right + " = " + left);
        }
      const Node on = words(pairs);
      parts.insert(parts.end(), {words({" JOIN ", " LEFT JOIN "}), lit(schema_.tables[tables[i]].name + " AS " + alias),
                                 lit(" ON "), on, b_.repeat(seq({lit(" AND "), on}), 0, 2)});
    }
    return b_.sequence(parts);
  }

  /// WITH T0 AS (SELECT ..., AVG(x) AS n FROM ... GROUP BY ...) SELECT MAX(n) FROM T0
  Node aggregate_of_aggregate(const Scope& scope, Node body) {
    return seq({lit("WITH T0 AS (SELECT "), scope.aggregate, lit(" AS n"), body, lit(") SELECT "),
                words({"AVG(n)", "MAX(n)", "MIN(n)", "SUM(n)", "COUNT(*)"}), lit(" FROM T0"),
                b_.optional(seq({lit(" WHERE n"), order_op_, number_}))});
  }
};

}  // namespace

std::shared_ptr<const Grammar> select_grammar(const tasks::SqlSchema& schema, const Literals& literals) {
  return Maker(schema, literals).make();
}

}  // namespace eve::sql
