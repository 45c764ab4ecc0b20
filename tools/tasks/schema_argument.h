// SPDX-License-Identifier: Apache-2.0
// What --schema takes.
#pragma once

#include <string>

namespace eve::tasks {

struct SchemaArgument {
  std::string text;   ///< JSON Schema
  std::string where;  ///< what messages call it: the file's name, or "schema"
};

/// A file ("-" is stdin, unless the text is), JSON Schema itself, or its short form (decode/schema_dsl.h). Throws
/// kInput.
SchemaArgument read_schema_argument(const std::string& given, bool stdin_is_text);

}  // namespace eve::tasks
