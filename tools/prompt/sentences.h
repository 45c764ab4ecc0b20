// SPDX-License-Identifier: Apache-2.0
// Tags as plain sentences, for generators that were trained on sentences.
#pragma once

#include <string>
#include <vector>

namespace eve::prompt {

/// "The medium is oil painting. It is lit by candlelight. The mood is serene. It has sharp focus and rich texture.": a
/// sentence for each kind that the tags are of, none without tags.
std::vector<std::string> sentences_of(const std::vector<std::string>& tags);

}  // namespace eve::prompt
