// SPDX-License-Identifier: Apache-2.0
// How sure a model was of what it wrote.
#pragma once

#include <cstddef>
#include <vector>

#include "eve/eve.h"
#include "text/tokenizer.h"

namespace eve::tasks {

/// Probabilities of the parts of a constrained answer: of a part, the product of those of the tokens that touch it,
/// each among the tokens that the constraint allowed.
class Certainty {
 public:
  Certainty(const Tokenizer& tokenizer, const Generator::Result& result);
  double of(std::size_t start, std::size_t end) const;  ///< bytes [start, end) of the text; (0, 1]
  double whole() const;

 private:
  std::vector<std::size_t> ends_;   // [tokens] of their bytes in the text
  std::vector<double> log_before_;  // [tokens + 1] sums
};

/// Why there is no answer, in words for a user; nullptr when there is one.
const char* failure(StopReason reason);

/// Records are text: throws Error(kInput, "record N: ...") at the first NUL or byte that is not UTF-8.
void check_text(std::string_view record, std::uint64_t number);

}  // namespace eve::tasks
