// SPDX-License-Identifier: Apache-2.0
// From a plan to a token file: read, clean, deduplicate, tokenise, mix.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/threads.h"
#include "text/tokenizer.h"
#include "train/data.h"

namespace eve {

/// One source of a plan. Files that end with .jsonl hold rows, others documents (train/documents.h).
struct PlanSource {
  std::string name;
  std::vector<std::string> files;  ///< names or patterns (glob), looked for in each data directory in turn
  double passes = 1;               ///< times that each document is in the mix; a fraction takes some of them
  double weight = 0;               ///< instead of passes: share of the plan's tokens, against the other weights
  std::string task;                ///< rows get prompt and answer from the form of this task; empty: they stand there
  std::string field;               ///< rows hold a document in this member
  bool answers_only = true;        ///< prompt and answer: only answers are targets ("loss": "answer" or "all")
  std::uint64_t first_document = 0, end_document = UINT64_MAX;       ///< as read: a part of a file
  std::uint64_t min_bytes = 1, max_bytes = std::uint64_t{16} << 20;  ///< of a document that is kept
  std::uint64_t paragraph_bytes = 200;  ///< paragraphs of at least this size are kept once in the plan; 0: all
};

struct Plan {
  std::vector<PlanSource> sources;
  std::uint64_t tokens = 0;  ///< of the mix, for weights
};

/// Reads {"tokens", "sources": [{"name", "files", "passes" | "weight", "task" | "field", "loss", "documents": [first,
/// end], "min_bytes", "max_bytes", "paragraph_bytes"}]}. Unknown keys are refused. Throws kInput.
Plan read_plan(const std::string& path);

struct SourceSummary {
  std::string name;
  std::uint64_t read = 0;                              ///< documents in the files
  std::uint64_t unfit = 0;                             ///< dropped: not UTF-8, too short, too long
  std::uint64_t duplicates = 0;                        ///< dropped: the same as an earlier one, of any source
  std::uint64_t repeated_bytes = 0;                    ///< cut out: paragraphs that occurred before
  std::uint64_t documents = 0, bytes = 0, tokens = 0;  ///< kept
  std::uint64_t mixed_documents = 0, mixed_tokens = 0;
  void write(JsonWriter& json) const;
};

struct PrepareOptions {
  std::vector<std::string> directories;  ///< where the plan's files are; none: the working directory
  std::string parts;                     ///< directory for the tokens of each source, used again by the next run
  std::uint64_t seed = 0;
  RowForm form;
  std::function<void(const SourceSummary&)> on_source;  ///< after a source was tokenised
};

/// Writes the token file. The same plan, files, seed and vocabulary give the same bytes; a run that was interrupted
/// goes on with the sources that are not in `parts`. Throws kInput.
std::vector<SourceSummary> prepare(const Plan& plan, const Tokenizer& tokenizer, const PrepareOptions& options,
                                   const std::string& output, Threads& threads);

/// About `bytes` of the plan's texts, in the proportions of the mix by bytes, for a vocabulary. At most 20 kB of a
/// document.
std::vector<std::string> sample_texts(const Plan& plan, const PrepareOptions& options, std::uint64_t bytes);

}  // namespace eve
