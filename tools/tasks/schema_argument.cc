// SPDX-License-Identifier: Apache-2.0
#include "tasks/schema_argument.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/io.h"
#include "decode/schema_dsl.h"
#include "eve/error.h"

namespace eve::tasks {

SchemaArgument read_schema_argument(const std::string& given, bool stdin_is_text) {
  constexpr std::size_t kSchemaBytes = std::size_t{16} << 20;
  if (given == "-" && stdin_is_text)
    throw Error(Status::kInput, "--schema - and the text are both of stdin; name a file for one of them");
  if (given == "-") return {read_file(given, kSchemaBytes), "schema"};
  struct stat info;
  const bool exists = stat(given.c_str(), &info) == 0;
  const int why_not = errno;
  // A shell's <(...) is a pipe.
  if (exists && !S_ISDIR(info.st_mode)) return {read_file(given, kSchemaBytes), printable(given)};
  const std::size_t first = given.find_first_not_of(" \t\r\n");
  if (first != given.npos && given[first] == '{') return {given, "schema"};
  const bool path =
      given.find_first_of(" ,?[") == given.npos && (given.find('/') != given.npos || given.ends_with(".json"));
  if (path)
    throw Error(Status::kInput, "cannot open " + printable(given) + ": " + std::strerror(exists ? EISDIR : why_not));
  return {schema_from_dsl(given), "schema"};
}

}  // namespace eve::tasks
