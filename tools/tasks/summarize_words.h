// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace eve::tasks {

/// Words with a space behind each, sorted: common English without names of people and places, numbers and days. Those that
/// may begin a sentence (no name is spelled like them) are written with a capital letter.
extern const std::string_view kCommonWords;

}  // namespace eve::tasks
