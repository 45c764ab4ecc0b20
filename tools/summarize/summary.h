// SPDX-License-Identifier: Apache-2.0
// A finished summary, and how it is written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "summarize/document.h"
#include "summarize/extractive.h"
#include "summarize/outcomes.h"

namespace eve::summarize {

/// A sentence or bullet and the turns (of a log: lines) that say it.
struct Statement {
  std::string text;
  std::vector<std::uint64_t> cites;
};

struct Summary {
  std::vector<Statement> statements;  ///< none: there is nothing to say
  std::string dialect;
  std::uint64_t lines = 0, bytes = 0, turns = 0, windows = 1, quoted = 0, unsupported = 0;
  double content = 0;  ///< of what the text says most, the part that the summary has, 0 to 1
  std::vector<Outcome> actions, decisions;
};

enum class Layout { kLine, kBullets, kLines };

/// As text; cites as " [3, 7]" behind each statement.
std::string text_of(const Summary& summary, Layout layout, bool cite);
/// {"summary", "cites", "coverage", "form", "actions", "decisions"}; without statements the summary is null and
/// "reason" says why.
std::string json_of(const Summary& summary, Layout layout, const std::string& reason);

/// The kinds of lines of a log within limits: how many lines each stands for, severe and frequent ones first.
std::vector<Statement> log_statements(const LogClusters& log, const Limits& limits);
std::string log_title(const LogClusters& log, std::size_t words);

}  // namespace eve::summarize
