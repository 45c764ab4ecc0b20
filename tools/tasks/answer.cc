// SPDX-License-Identifier: Apache-2.0
#include "tasks/answer.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/utf8.h"

namespace eve::tasks {

Certainty::Certainty(const Tokenizer& tokenizer, const Generator::Result& result) : log_before_{0} {
  std::size_t at = 0;
  for (std::size_t i = 0; i < result.tokens.size(); ++i) {
    at += tokenizer.bytes(result.tokens[i]).size();
    ends_.push_back(at);
    log_before_.push_back(log_before_.back() + (i < result.log_probs.size() ? result.log_probs[i] : 0));
  }
}

double Certainty::of(std::size_t start, std::size_t end) const {
  const auto first = static_cast<std::size_t>(std::ranges::upper_bound(ends_, start) - ends_.begin());
  const auto last =
      std::min(static_cast<std::size_t>(std::ranges::lower_bound(ends_, end) - ends_.begin()) + 1, ends_.size());
  return first >= last ? 1 : std::exp(log_before_[last] - log_before_[first]);
}

double Certainty::whole() const { return std::exp(log_before_.back()); }

const char* failure(StopReason reason) {
  switch (reason) {
    case StopReason::kBudget:
      return "the shortest answer takes more tokens than --max-tokens allows";
    case StopReason::kNoAnswer:
      return "no answer passed the check";
    case StopReason::kDeadline:
      return "no time left";
    case StopReason::kContextFull:
      return "the model's context is full";
    default:
      return nullptr;
  }
}

void check_text(std::string_view record, std::uint64_t number) {
  const std::size_t bad = std::min(utf8_error(record), record.find('\0'));
  if (bad == std::string_view::npos) return;
  throw Error(Status::kInput, "record " + std::to_string(number) + ": byte " + std::to_string(bad) +
                                  (record[bad] == '\0' ? " is NUL" : " is not UTF-8"));
}

}  // namespace eve::tasks
