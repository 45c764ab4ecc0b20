// SPDX-License-Identifier: Apache-2.0
// References inside a schema document: RFC 3986 section 5.2, RFC 6901.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eve {

struct UriParts {
  std::string uri;       ///< without fragment
  std::string fragment;  ///< percent escapes undone, without '#'
};

/// `reference` as seen from `base` (an absolute URI, or any text: it is only compared).
UriParts resolve_uri(std::string_view base, std::string_view reference);

/// The steps of a JSON pointer ("" or "/a/b~1c"); nothing when it is none.
std::optional<std::vector<std::string>> pointer_steps(std::string_view pointer);

}  // namespace eve
