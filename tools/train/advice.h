// SPDX-License-Identifier: Apache-2.0
// What someone who trains on rows may not have noticed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eve {

/// One line for each thing that is so: few rows, rows left out as too long, repeated rows, rows of `dev` that are also
/// in `data` (exactly, but for white space), many epochs. Throws as for_each_json_line does.
std::vector<std::string> advice(const std::vector<std::string>& data, const std::vector<std::string>& dev,
                                std::size_t dropped, std::uint64_t epochs);

}  // namespace eve
