// SPDX-License-Identifier: Apache-2.0
// The form in which a model reads a database schema and a question.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eve::tasks {

/// Names are spelled as a statement spells them: quoted where they must be.
struct SqlColumn {
  std::string name, type;              ///< type as declared; may be empty
  bool key = false;                    ///< part of the primary key
  std::vector<std::string> said = {};  ///< texts in it that the question says, where the rows are known
};
struct SqlTable {
  std::string name;
  std::vector<SqlColumn> columns;
};
/// A foreign key of one column.
struct SqlLink {
  std::string table, column, to_table, to_column;
};
struct SqlSchema {
  std::vector<SqlTable> tables;
  std::vector<SqlLink> links;
};

/// Reads the CREATE TABLE statements of a script; all else in it, and what of a statement cannot be read, is passed
/// over. Names in backquotes or brackets come out in double quotes.
SqlSchema read_ddl(std::string_view script);

/// The tables, and of tables that are too wide by themselves the columns, that have most to do with the question: all
/// of them when their lines take no more than `limit_bytes`. Links between what is kept.
SqlSchema relevant_part(const SqlSchema& schema, std::string_view question, std::size_t limit_bytes = 2400);
/// Words of the schema's names that the question has too, or that begin as one of its words does.
std::size_t common_words(const SqlSchema& schema, std::string_view question);

/// One line a table, "name(column type key, ...)" with text as the type that goes without saying, a space behind each
/// name, as statements have it: a piece of a vocabulary may end with it, and is then copied whole. One line a foreign
/// key, then the linked_question() (sql_links.h). Only relevant_part() of the schema is written. The answer is one
/// statement.
std::string sql_prompt(const SqlSchema& schema, std::string_view question, std::size_t limit_bytes = 2400);

}  // namespace eve::tasks
