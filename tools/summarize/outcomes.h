// SPDX-License-Identifier: Apache-2.0
// What people said they would do, and what they settled: found by how it is said (in English), never written anew.
#pragma once

#include <string>
#include <vector>

#include "summarize/turn.h"

namespace eve::summarize {

struct Outcome {
  std::string who;   ///< who is to act; empty: not said
  std::string text;  ///< the sentence
  std::uint64_t turn, line;
};

class Outcomes {
 public:
  static constexpr std::size_t kMax = 1000;  ///< of each kind; later ones are not kept
  void add(const Turn& turn);
  const std::vector<Outcome>& actions() const { return actions_; }
  const std::vector<Outcome>& decisions() const { return decisions_; }

 private:
  std::vector<Outcome> actions_, decisions_;
  std::vector<std::string> speakers_;
};

}  // namespace eve::summarize
