// SPDX-License-Identifier: Apache-2.0
// The form in which a model reads tools and a request.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tasks/tool_list.h"

namespace eve::tasks {

using Fact = std::pair<std::string, std::string>;  ///< what is known besides the request: "date", "2026-11-22"

/// One line a tool, "name(argument type!, ...) description", then the facts, then the request. All tools together are
/// described in less detail when they take more than `limit_bytes`; no tool and no argument is left out. The answer is
/// a compact JSON array of {"name", "arguments"}, [] when no tool fits.
std::string func_prompt(std::span<const CallableTool> tools, std::span<const Fact> facts, std::string_view request,
                        std::size_t limit_bytes = 2400);

}  // namespace eve::tasks
