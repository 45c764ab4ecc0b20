// SPDX-License-Identifier: Apache-2.0
// The forms that are little more than their input: route, summarize, prompt, and a task of one's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eve::tasks {

/// Labels in the given order, then the text. The answer is a label.
std::string route_prompt(const std::vector<std::string_view>& labels, std::string_view text);

/// The conversation or text; of one that is longer than `limit_bytes` whole lines of the middle are left out. The
/// answer is the summary.
std::string summarize_prompt(std::string_view text, std::size_t limit_bytes = 3000);

/// Style: "tags" (words and phrases between commas) or "sentences". The answer is the rich prompt.
std::string image_prompt(std::string_view description, std::string_view style);

/// A task of one's own: the text as it is, whatever it holds. A text that ends with kAnswerCue already has its form.
std::string own_prompt(std::string_view text);

}  // namespace eve::tasks
