// SPDX-License-Identifier: Apache-2.0
// The SELECT statements that a question about a schema may have for an answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decode/grammar.h"
#include "tasks/sql.h"

namespace eve::sql {

/// What a statement may compare with, as it spells it.
struct Literals {
  std::vector<std::string> texts;     ///< 'Bonn'
  std::vector<std::string> patterns;  ///< '%Bonn%'
  std::vector<std::string> numbers;   ///< 5, 2.5
  std::vector<std::string> counts;    ///< of LIMIT: whole numbers from 1 on
};

/// Of a question: its runs of words as they stand, without a plural's s, in capitals and with capitals in front; the
/// numbers that it says in figures or words, and 0 and 1; days as 2026-05-01, months as parts of those. `values` are
/// further texts: such as columns hold.
Literals literals_of(std::string_view question, const std::vector<std::string>& values = {});

/// Statements in one spelling (that of the training rows): keywords in capitals, single blanks. Columns are those of
/// the tables that the FROM clause names: a statement is a choice of its tables, which may be one table or up to four
/// that are joined on columns that belong together. Of several tables, columns are written T1.name, or name alone where
/// only one of them has it. Numbers are compared with columns of numbers, texts with columns of texts, both with
/// columns that are neither. Aggregates, GROUP BY, HAVING, ORDER BY, LIMIT, sub-queries, set operations, CASE, LIKE,
/// BETWEEN, IN, IS NULL, and WITH for an aggregate of an aggregate.
std::shared_ptr<const Grammar> select_grammar(const tasks::SqlSchema& schema, const Literals& literals);

}  // namespace eve::sql
