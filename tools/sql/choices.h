// SPDX-License-Identifier: Apache-2.0
// What a statement chose among what question and schema allow, and how often questions mean that.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sql/tokens.h"
#include "tasks/sql.h"

namespace eve::sql {

/// One choice, beside what else could have been chosen in its place.
struct Choice {
  enum Kind {
    kBorder,    ///< where in the question a text begins, or ends
    kColumn,    ///< which column a text or number is compared with
    kAggregate  ///< what is computed of a column that is selected
  } kind;
  std::vector<std::vector<std::string>> seen;  ///< of each alternative, as short phrases
  std::size_t made;                            ///< the one that the statement has
  std::size_t begin, end;                      ///< bytes of the statement that say it
  std::vector<std::string> instead;            ///< what each alternative would say there; may be empty
};

/// Reads the choices of statements of the grammar (sql/grammar.h).
class Choices {
 public:
  Choices(const tasks::SqlSchema& schema, std::string_view question);
  std::vector<Choice> of(std::string_view sql) const;
  /// The natural logs of the shares that the alternatives have, as fitted on questions with known statements
  /// (models/pico-sql/choices.py): a softmax over the sums of weights of what is seen.
  static std::vector<double> log_shares(const Choice& choice);

 private:
  struct Piece {  // of a text: a word, or a sign
    std::string lower, stem, shape;
    bool is_name;            // a word of a column's name
    std::size_t begin, end;  // bytes of the text
  };
  struct Column {
    std::string name;
    std::vector<std::string> words;  // stems
    bool is_number;
  };
  struct Span {
    std::size_t first, last;  // pieces [first, last) of the question
  };
  std::string text_;
  std::vector<Column> columns_;  // each name once
  std::vector<Piece> question_;

  static std::vector<Piece> pieces(std::string_view text, const std::set<std::string>& names);
  std::size_t column(std::string_view name) const;
  std::size_t distance(const Column& column, Span span) const;
  std::vector<std::string> border(std::size_t at, bool is_end) const;
  Choice borders(const Token& literal, Span span, bool is_end) const;
  Choice compared(const Token& name, const Token& literal, Span span, std::size_t made, std::size_t selected) const;
  Choice computed(std::string_view aggregate, std::size_t column, bool has_order) const;
};

}  // namespace eve::sql
