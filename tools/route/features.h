// SPDX-License-Identifier: Apache-2.0
// What a message consists of, as numbers: the features of the linear model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eve::route {

/// The words of a text: runs of letters, marks and digits, in lower case, without apostrophes; a run of digits counts
/// as zeros, at most four. Any bytes are allowed.
std::vector<std::string> words(std::string_view text);

/// Hashes, ascending, each once, of the words, of pairs of words at most three places apart, and of every 3 to 5
/// characters of the words with one space between, before and behind them. 0 is none of them.
std::vector<std::uint32_t> features(std::string_view text);

}  // namespace eve::route
