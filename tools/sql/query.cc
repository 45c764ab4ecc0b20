// SPDX-License-Identifier: Apache-2.0
#include "sql/query.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>

#include "base/io.h"
#include "base/utf8.h"

namespace eve::sql {

namespace {

// What the child says: cells, one after the other. The names of the columns and a kNull; then each row; a kBlob that
// holds the failure, or nothing, ends it. Rows go out in pieces of about this size.
constexpr std::size_t kPieceBytes = 64 << 10;

Cell cell_of(sqlite3_stmt* statement, int column) {
  static const std::map<int, Cell::Kind> kKinds = {{SQLITE_INTEGER, Cell::Kind::kInteger},
                                                   {SQLITE_FLOAT, Cell::Kind::kReal},
                                                   {SQLITE_TEXT, Cell::Kind::kText},
                                                   {SQLITE_BLOB, Cell::Kind::kBlob},
                                                   {SQLITE_NULL, Cell::Kind::kNull}};
  const Cell::Kind kind = kKinds.at(sqlite3_column_type(statement, column));
  if (kind == Cell::Kind::kNull) return {};
  const void* bytes =
      kind == Cell::Kind::kBlob ? sqlite3_column_blob(statement, column) : sqlite3_column_text(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  if (!bytes && size > 0) throw std::bad_alloc();
  return {kind, {static_cast<const char*>(bytes), static_cast<std::size_t>(size)}};
}

void set_limit(decltype(RLIMIT_CPU) resource, rlim_t value) {
  const rlimit limit = {value, value};
  setrlimit(resource, &limit);
}

enum class Kind { kRun, kPlan };

/// The child: one statement, its rows to `fd`.
std::string step_all(const Database& database, std::string_view sql, Kind kind, const QueryLimits& limits, int fd) {
  sqlite3_hard_heap_limit64(static_cast<sqlite3_int64>(limits.memory_bytes));
  const Connection connection = database.reopen();
  const Clock::time_point deadline = deadline_after(limits.seconds);
  Gate gate(connection.get(), database.schema().all);
  Gate::Verdict verdict = gate.prepare(sql, deadline);
  if (!verdict) return verdict.refusal;
  if (kind == Kind::kPlan) {
    // The gate has seen the statement; it refuses EXPLAIN itself.
    sqlite3_stmt* raw = nullptr;
    const std::string plan = "EXPLAIN QUERY PLAN " + std::string(sql);
    if (sqlite3_prepare_v2(connection.get(), plan.c_str(), -1, &raw, nullptr) != SQLITE_OK)
      return sqlite3_errmsg(connection.get());
    verdict.statement.reset(raw);
  }
  sqlite3_stmt* statement = verdict.statement.get();
  const int columns = sqlite3_column_count(statement);
  std::string packed;
  for (int c = 0; c < columns; ++c) {
    const char* name = sqlite3_column_name(statement, c);
    Rows::append(packed, {Cell::Kind::kText, name ? name : ""});
  }
  Rows::append(packed, {});
  int status = SQLITE_DONE;
  for (std::size_t row = 0; row < limits.rows && (status = sqlite3_step(statement)) == SQLITE_ROW; ++row) {
    for (int c = 0; c < columns; ++c) Rows::append(packed, cell_of(statement, c));
    if (packed.size() < kPieceBytes) continue;
    write_all(fd, packed);
    packed.clear();
  }
  write_all(fd, packed);
  if (status == SQLITE_INTERRUPT) return "no time left";
  return status == SQLITE_DONE || status == SQLITE_ROW ? "" : sqlite3_errmsg(connection.get());
}

[[noreturn]] void child(const Database& database, std::string_view sql, Kind kind, const QueryLimits& limits, int fd,
                        pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  set_limit(RLIMIT_FSIZE, 0);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_CPU, static_cast<rlim_t>(limits.seconds) + 2);
  std::string failure = "no memory left";
  try {
    failure = step_all(database, sql, kind, limits, fd);
  } catch (const Error& error) {
    failure = error.what();
  } catch (const std::exception&) {
  }
  try {
    std::string end;
    Rows::append(end, {Cell::Kind::kBlob, failure});
    write_all(fd, end);
  } catch (const std::exception&) {
    _exit(1);
  }
  _exit(0);
}

/// All that the child says, or why not.
std::string listen(int fd, const QueryLimits& limits, std::string& said) {
  const Clock::time_point deadline = deadline_after(limits.seconds);
  std::string piece(kPieceBytes, '\0');
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd ready = {fd, POLLIN, 0};
    const int count = left < 0 ? 0 : poll(&ready, 1, static_cast<int>(left));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return "no time left";
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return "";
    if (said.size() + static_cast<std::size_t>(got) > limits.result_bytes)
      return "the result is too large; add a LIMIT";
    said.append(piece, 0, static_cast<std::size_t>(got));
  }
}

/// Takes apart what a child said that ended well; its last cell is the failure.
QueryResult parse(std::string said) {
  QueryResult result;
  std::size_t at = 0, begin = 0;
  bool named = false;
  for (std::size_t cells = 0; at < said.size();) {
    const std::size_t here = at;
    const Cell cell = Rows::take(said, at);
    if (at == said.size()) {
      result.failure = cell.bytes;
      said.resize(here);
    } else if (named) {
      result.rows.count += ++cells % result.rows.columns.size() == 0;
    } else if (cell.kind == Cell::Kind::kNull) {
      named = true;
      begin = at;
    } else {
      result.rows.columns.emplace_back(cell.bytes);
    }
  }
  if (result.failure.empty()) {
    said.erase(0, begin);
    result.rows.packed = std::move(said);
  } else {
    result.rows = {};
  }
  return result;
}

QueryResult query(const Database& database, std::string_view sql, Kind kind, const QueryLimits& limits) {
  int ends[2];
  if (pipe(ends) != 0) throw Error(Status::kSystem, std::string("cannot make a pipe: ") + std::strerror(errno));
  const pid_t parent = getpid(), pid = fork();
  if (pid < 0) {
    close(ends[0]), close(ends[1]);
    throw Error(Status::kSystem, std::string("cannot start a process for the query: ") + std::strerror(errno));
  }
  if (pid == 0) {
    close(ends[0]);
    child(database, sql, kind, limits, ends[1], parent);
  }
  close(ends[1]);
  std::string said;
  QueryResult result;
  result.failure = listen(ends[0], limits, said);
  close(ends[0]);
  if (!result.failure.empty()) kill(pid, SIGKILL);
  int state = 0;
  while (waitpid(pid, &state, 0) < 0 && errno == EINTR) continue;
  if (!result.failure.empty()) return result;
  if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) {
    result.failure = "the query ended too early";
    return result;
  }
  return parse(std::move(said));
}

}  // namespace

QueryResult run_query(const Database& database, std::string_view sql, const QueryLimits& limits) {
  return query(database, sql, Kind::kRun, limits);
}

QueryResult explain_query(const Database& database, std::string_view sql, const QueryLimits& limits) {
  return query(database, sql, Kind::kPlan, limits);
}

}  // namespace eve::sql
