// SPDX-License-Identifier: Apache-2.0
// Losses of a model that is not trained meanwhile.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "model/model.h"
#include "train/backward.h"
#include "train/corpus.h"
#include "train/data.h"

namespace eve {

/// How often each expert was chosen, by layer.
class ExpertUsage {
 public:
  void add(const Config& config, const Activations& activations);
  /// [[share of the tokens' choices that went to expert 0, 1, ...] of layer 0, ...]; shares of a layer sum to 1.
  void write(JsonWriter& json) const;
  bool empty() const { return counts_.empty(); }

 private:
  std::vector<std::vector<std::uint64_t>> counts_;  // [layer][expert]
};

/// Loss and accuracy of a model over examples, `micro_tokens` at a time. `usage` may be null.
LossSum evaluate_loss(const ModelData& model, std::span<const Example> examples, std::size_t micro_tokens,
                      Executor executor, ExpertUsage* usage = nullptr);

/// The same, for each example by itself.
std::vector<LossSum> evaluate_each(const ModelData& model, std::span<const Example> examples, std::size_t micro_tokens,
                                   Executor executor, ExpertUsage* usage = nullptr);

/// Losses of several examples.
struct LossScore {
  LossSum loss;
  std::uint64_t bytes = 0;                  ///< that the targets stand for (kLm)
  std::uint64_t examples = 0, correct = 0;  ///< correct: greedy decoding would give the whole answer
  void add(const ModelData& model, const Example& example, const LossSum& its_loss);
  double mean() const;  ///< nats a target
  double accuracy() const;
  double bits_per_byte() const;
  /// "examples", "targets", "loss", "accuracy" (of targets), "exact" (of examples) and with bytes "bits_per_byte".
  void write_members(JsonWriter& json) const;
};

struct CorpusScore {
  std::vector<std::pair<std::string, LossScore>> sources;
  /// Mean over sources of the nats a target: one number to compare runs by.
  double mean() const;
  void write(JsonWriter& json) const;
};

/// Scores the documents of a token file in pieces of `length`, at most about `tokens` of each source (0: all). `usage`
/// is added to.
CorpusScore evaluate_corpus(const ModelData& model, const TokenFile& file, std::size_t length, std::uint64_t tokens,
                            std::size_t micro_tokens, Executor executor, ExpertUsage& usage);

}  // namespace eve
