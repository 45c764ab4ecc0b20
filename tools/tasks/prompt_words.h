// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace eve::tasks {

/// Words with a space behind each, sorted: what pictures are described with, without names of people, places and sites.
extern const std::string_view kPictureWords;

}  // namespace eve::tasks
