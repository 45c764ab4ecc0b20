// SPDX-License-Identifier: Apache-2.0
#include "tasks/schema_argument.h"

#include <sys/stat.h>

#include "base/io.h"
#include "decode/schema_dsl.h"
#include "eve/error.h"

namespace eve::tasks {

SchemaArgument read_schema_argument(const std::string& given) {
  constexpr std::size_t kSchemaBytes = std::size_t{16} << 20;
  struct stat info;
  if (stat(given.c_str(), &info) == 0 && S_ISREG(info.st_mode))
    return {read_file(given, kSchemaBytes), printable(given)};
  const std::size_t first = given.find_first_not_of(" \t\r\n");
  if (first != given.npos && given[first] == '{') return {given, "schema"};
  const bool path =
      given.find_first_of(" ,?[") == given.npos && (given.find('/') != given.npos || given.ends_with(".json"));
  if (path) throw Error(Status::kInput, "cannot open " + printable(given));
  return {schema_from_dsl(given), "schema"};
}

}  // namespace eve::tasks
