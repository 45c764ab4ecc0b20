// SPDX-License-Identifier: Apache-2.0
// Task scores: how well a model does what its tool is for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/threads.h"
#include "model/model.h"

namespace eve {

/// Exact span and label matches.
struct SpanCounts {
  std::size_t found = 0, right = 0, wanted = 0;
  double precision() const { return found ? static_cast<double>(right) / static_cast<double>(found) : 0; }
  double recall() const { return wanted ? static_cast<double>(right) / static_cast<double>(wanted) : 0; }
  double f1() const {
    return found + wanted ? 2 * static_cast<double>(right) / static_cast<double>(found + wanted) : 0;
  }
};

struct SpanScore {
  SpanCounts all;
  std::map<std::string, SpanCounts> by_label, by_source;  ///< source: the part of "source" before the first '/'
  std::size_t clean_rows = 0, clean_touched = 0;          ///< rows without spans, and those in which one was found
  void write(JsonWriter& json) const;
};

/// Runs a `tag` model over JSON Lines {"text", "spans", "source"?}. Throws kInput with file and line of a bad row.
SpanScore score_spans(const ModelData& model, const std::vector<std::string>& paths, Threads& threads);

}  // namespace eve
