// SPDX-License-Identifier: Apache-2.0
#include "sql/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/io.h"
#include "base/utf8.h"
#include "eve/error.h"
#include "sql/script.h"

namespace eve::sql {

namespace {

constexpr std::size_t kMaxTables = 2000;
// Finding the columns of views within views can take for ever.
constexpr std::size_t kMaxReferences = 200;
constexpr double kSchemaSeconds = 1;

Connection open_connection(const std::string& uri, int flags, const std::string& name) {
  sqlite3* raw = nullptr;
  const int status = sqlite3_open_v2(uri.c_str(), &raw,
                                     flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
  Connection connection(raw);
  if (status == SQLITE_NOMEM || !raw) throw std::bad_alloc();
  if (status != SQLITE_OK) throw Error(Status::kInput, printable(name) + ": " + sqlite3_errmsg(raw));
  // SQLite's own list for statements and files of others (sqlite.org/security.html). Names in double quotes are names.
  for (const auto& [option, value] : std::map<int, int>{{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                                        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                                        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                                                        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
                                                        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                                        {SQLITE_DBCONFIG_DQS_DML, 0},
                                                        {SQLITE_DBCONFIG_DQS_DDL, 0}})
    sqlite3_db_config(raw, option, value, nullptr);
  for (const char* pragma : {"PRAGMA temp_store=MEMORY", "PRAGMA mmap_size=0", "PRAGMA cell_size_check=ON"})
    sqlite3_exec(raw, pragma, nullptr, nullptr, nullptr);
  return connection;
}

std::string uri_of(const std::string& path, const char* query) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      static constexpr char kDigits[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      uri.append("%").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    } else {
      uri += c;
    }
  }
  return uri + query;
}

bool has_bytes(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

/// Refuses what is no SQLite file, and says how to open it: a database in write-ahead mode that nobody has open would
/// make SQLite create its shared memory beside it.
const char* mode_of(const std::string& path) {
  const std::string name = printable(path);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw Error(Status::kInput, name + ": " + std::strerror(errno));
  struct stat info {};
  std::array<char, 100> header{};
  const bool regular = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const ssize_t got = regular ? pread(fd, header.data(), header.size(), 0) : 0;
  close(fd);
  if (!regular) throw Error(Status::kInput, name + ": not a file");
  if (got < static_cast<ssize_t>(header.size()) || std::memcmp(header.data(), "SQLite format 3", 16) != 0)
    throw Error(Status::kInput, name + ": not a SQLite database; for CREATE TABLE statements use --schema");
  if (header[18] != 2 && header[19] != 2) return "?mode=ro";
  if (!has_bytes(path + "-wal")) return "?mode=ro&immutable=1";
  if (!has_bytes(path + "-shm"))
    throw Error(Status::kInput, name +
                                    ": has changes in its write-ahead log that no program has open; run sqlite3 on "
                                    "it with PRAGMA wal_checkpoint");
  return "?mode=ro";
}

Statement prepare(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  return Statement(statement);
}

std::string text(const Statement& statement, int column) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), column));
  return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), column))) : "";
}

/// Whether a name can stand in a line that is printed.
bool is_printable(const std::string& name) { return utf8_error(name) == name.npos && printable(name) == name; }

void bind(const Statement& statement, int at, const std::string& value) {
  sqlite3_bind_text(statement.get(), at, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
}

std::vector<tasks::SqlColumn> columns_of(sqlite3* db, const std::string& table, std::vector<std::string>& remarks) {
  std::vector<tasks::SqlColumn> columns;
  const Statement statement = prepare(db, "SELECT name, type, pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1");
  if (!statement) return columns;
  bind(statement, 1, table);
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    const std::string name = text(statement, 0), type = text(statement, 1);
    if (!name.empty() && is_printable(name))
      columns.push_back(
          {quoted_name(name), is_printable(type) ? type : "", sqlite3_column_int(statement.get(), 2) > 0});
    else
      remarks.push_back("left out a column of " + printable(table) + " whose name cannot be printed");
  }
  return columns;
}

/// Places of tables by plain name.
using Places = std::map<std::string, std::size_t>;

void add_links(sqlite3* db, const std::string& table, const Places& places, tasks::SqlSchema& schema) {
  const Statement statement =
      prepare(db, "SELECT \"table\", \"from\", \"to\", seq FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq");
  if (!statement) return;
  bind(statement, 1, table);
  const auto find = [&](const std::string& name) {
    const auto place = places.find(lower(name));
    return place == places.end() ? schema.tables.end()
                                 : schema.tables.begin() + static_cast<std::ptrdiff_t>(place->second);
  };
  const auto from_table = find(table);
  while (from_table != schema.tables.end() && sqlite3_step(statement.get()) == SQLITE_ROW) {
    const auto to_table = find(text(statement, 0));
    if (to_table == schema.tables.end()) continue;
    // Without a column, the key of the other table is meant.
    std::string to = lower(text(statement, 2));
    int key = sqlite3_column_int(statement.get(), 3);
    for (const tasks::SqlColumn& column : to_table->columns)
      if (to.empty() && column.key && key-- == 0) to = plain_name(column.name);
    const auto column = [](const tasks::SqlTable& of, const std::string& name) {
      return std::ranges::find(of.columns, name, [](const auto& c) { return plain_name(c.name); });
    };
    const auto a = column(*from_table, lower(text(statement, 1))), b = column(*to_table, to);
    if (a != from_table->columns.end() && b != to_table->columns.end())
      schema.links.push_back({from_table->name, a->name, to_table->name, b->name});
  }
}

bool is_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

struct View {
  std::string sql;  // in lower case
  std::size_t references = 0;
};
using Views = std::map<std::string, View>;

/// How many views SQLite may come to expand when it reads this one; every word of a definition counts that could be
/// the name of a view.
std::size_t references(Views& views, const std::string& name, std::size_t depth, Clock::time_point deadline) {
  View& view = views[lower(name)];
  if (view.references > 0) return view.references;
  view.references = depth > 50 ? kMaxReferences + 1 : 1;
  std::size_t count = view.references;
  for (const auto& [other, definition] : views) {
    if (Clock::now() > deadline) count = kMaxReferences + 1;
    if (count > kMaxReferences) break;
    for (std::size_t at = view.sql.find(other); at != view.sql.npos; at = view.sql.find(other, at + other.size())) {
      const std::size_t end = at + other.size();
      const bool whole = (at == 0 || !is_word(view.sql[at - 1])) && (end == view.sql.size() || !is_word(view.sql[end]));
      if (whole && other != lower(name)) count += references(views, other, depth + 1, deadline);
      if (count > kMaxReferences) break;
    }
  }
  return view.references = count;
}

/// Whether a table is one that the modules fts3 to fts5 and rtree keep for themselves.
bool is_shadow(const std::string& name, const std::vector<std::string>& virtual_names) {
  static constexpr std::array<std::string_view, 11> kParts = {"_data",   "_idx",      "_content", "_docsize",
                                                              "_config", "_segments", "_segdir",  "_stat",
                                                              "_node",   "_rowid",    "_parent"};
  return std::ranges::any_of(virtual_names, [&](const std::string& table) {
    return name.starts_with(table) && std::ranges::find(kParts, name.substr(table.size())) != kParts.end();
  });
}

Schema read_schema(sqlite3* db, const std::string& where) {
  Schema schema;
  // In the order of their making, as a dump lists them. (PRAGMA table_list would expand every view.) Virtual tables run
  // code of modules, on tables of their own that begin with their name: neither is read.
  const Statement statement = prepare(
      db,
      "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' "
      "ESCAPE '\\' ORDER BY rowid");
  if (!statement) throw Error(Status::kInput, printable(where) + ": " + sqlite3_errmsg(db));
  std::vector<std::string> names, virtual_names;
  Views views;
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(statement.get())) == SQLITE_ROW) {
    const std::string name = text(statement, 0), type = text(statement, 1), sql = lower(text(statement, 2));
    if (is_shadow(lower(name), virtual_names)) continue;
    if (names.size() == kMaxTables) throw Error(Status::kInput, printable(where) + ": more than 2000 tables");
    if (sql.starts_with("create virtual")) {
      schema.remarks.push_back("left out the virtual table " + printable(name));
      virtual_names.push_back(lower(name));
    } else if (name.empty() || !is_printable(name)) {
      schema.remarks.push_back("left out a table whose name cannot be printed");
    } else {
      names.push_back(name);
      if (type == "view") views[lower(name)].sql = sql;
    }
  }
  if (status != SQLITE_DONE) throw Error(Status::kInput, printable(where) + ": " + sqlite3_errmsg(db));
  const Clock::time_point deadline = deadline_after(kSchemaSeconds);
  for (const std::string& name : names) {
    const auto view = views.find(lower(name));
    if (view != views.end() && (Clock::now() > deadline || references(views, name, 0, deadline) > kMaxReferences)) {
      schema.remarks.push_back("left out the view " + printable(name) + ": too many views within it");
      continue;
    }
    std::vector<tasks::SqlColumn> columns = columns_of(db, name, schema.remarks);
    if (columns.empty())
      schema.remarks.push_back("left out " + printable(name) + ": " + sqlite3_errmsg(db));
    else
      schema.all.tables.push_back({quoted_name(name), std::move(columns)});
  }
  Places places;
  for (std::size_t i = 0; i < schema.all.tables.size(); ++i) places.emplace(plain_name(schema.all.tables[i].name), i);
  for (const std::string& name : names) {
    if (Clock::now() > deadline) {
      schema.remarks.push_back("left out foreign keys: there are too many");
      break;
    }
    add_links(db, name, places, schema.all);
  }
  return schema;
}

void refuse_empty(const Schema& schema, const std::string& where) {
  if (schema.all.tables.empty())
    throw Error(Status::kInput, printable(where) + ": no table to ask about" +
                                    (schema.remarks.empty() ? "" : "; " + schema.remarks[0]));
}

/// Whether SQLite takes a keyword for a name wherever a column may stand.
bool is_usable_keyword(const std::string& word) {
  static const Connection scratch = open_connection(":memory:", SQLITE_OPEN_READWRITE, "memory");
  const std::string sql =
      "SELECT a." + word + ", " + word + " FROM (SELECT 1 AS " + word + ") AS a WHERE " + word + " > 0";
  return prepare(scratch.get(), sql) != nullptr;
}

}  // namespace

std::string quoted_name(std::string_view name) {
  const bool bare = !name.empty() && std::ranges::all_of(name, is_word) && !(name[0] >= '0' && name[0] <= '9');
  if (bare &&
      (!sqlite3_keyword_check(name.data(), static_cast<int>(name.size())) || is_usable_keyword(std::string(name))))
    return std::string(name);
  std::string result = "\"";
  for (const char c : name) result.append(c == '"' ? 2 : 1, c);
  return result + '"';
}

std::string plain_name(std::string_view spelled) {
  if (spelled.size() < 2 || spelled.front() != '"') return lower(spelled);
  std::string result;
  for (std::size_t i = 1; i + 1 < spelled.size(); ++i) {
    result += spelled[i];
    if (spelled[i] == '"') ++i;
  }
  return lower(result);
}

void Schema::restrict(const std::vector<std::string>& only, const std::vector<std::string>& except) {
  const auto named = [&](const std::vector<std::string>& names) {
    std::set<std::string> result;
    for (const std::string& name : names) {
      const bool known = std::ranges::any_of(
          all.tables, [&](const tasks::SqlTable& table) { return plain_name(table.name) == plain_name(name); });
      if (!known) throw Error(Status::kInput, "no table " + printable(name));
      result.insert(plain_name(name));
    }
    return result;
  };
  const std::set<std::string> wanted = named(only), unwanted = named(except);
  const auto gone = [&](const std::string& name) {
    return (!wanted.empty() && !wanted.contains(plain_name(name))) || unwanted.contains(plain_name(name));
  };
  std::erase_if(all.tables, [&](const tasks::SqlTable& table) { return gone(table.name); });
  std::erase_if(all.links, [&](const tasks::SqlLink& link) { return gone(link.table) || gone(link.to_table); });
  if (all.tables.empty()) throw Error(Status::kInput, "--tables and --exclude leave no table");
}

Database Database::file(const std::string& path) {
  Database database;
  database.path_ = path;
  database.connection_ = database.reopen();
  database.schema_ = read_schema(database.connection(), path);
  refuse_empty(database.schema_, path);
  return database;
}

Connection Database::reopen() const {
  Connection connection = open_connection(uri_of(path_, mode_of(path_)), SQLITE_OPEN_READONLY, path_);
  sqlite3_exec(connection.get(), "PRAGMA query_only=ON", nullptr, nullptr, nullptr);
  return connection;
}

Database Database::script(const std::string& text, const std::string& where) {
  Database database;
  database.connection_ = open_connection(":memory:", SQLITE_OPEN_READWRITE, where);
  std::vector<std::string> remarks = run_definitions(database.connection(), text);
  database.schema_ = read_schema(database.connection(), where);
  database.schema_.remarks.insert(database.schema_.remarks.begin(), remarks.begin(), remarks.end());
  refuse_empty(database.schema_, where);
  return database;
}

}  // namespace eve::sql
