// SPDX-License-Identifier: Apache-2.0
// Where tests find what they compare with.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace eve::test {

/// The source tree.
inline std::string source(const std::string& path) {
  const char* root = std::getenv("EVE_SOURCE");
  return std::string(root ? root : ".") + "/" + path;
}

/// A file of the reference data: $EVE_SHARED, else ../shared beside the source tree; empty when there is none.
inline std::string shared(const std::string& path) {
  const char* root = std::getenv("EVE_SHARED");
  const std::string file = (root ? std::string(root) : source("../shared")) + "/" + path;
  return access(file.c_str(), R_OK) == 0 ? file : std::string();
}

}  // namespace eve::test

/// Ends the test with a warning where the reference data is absent (a user's clone has none).
#define EVE_SHARED_OR_SKIP(variable, path)                      \
  const std::string variable = eve::test::shared(path);         \
  if (variable.empty()) {                                       \
    WARN("skipped: no reference data (set EVE_SHARED): " path); \
    return;                                                     \
  }
