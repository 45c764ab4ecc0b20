// SPDX-License-Identifier: Apache-2.0
#include "train/evaluate.h"

#include <algorithm>
#include <numbers>

#include "train/micro_batch.h"

namespace eve {

void ExpertUsage::add(const Config& config, const Activations& activations) {
  counts_.resize(config.n_layer, std::vector<std::uint64_t>(config.n_expert));
  for (std::size_t layer = 0; layer < config.n_layer; ++layer)
    for (const std::uint32_t expert : activations.layers[layer].chosen) ++counts_[layer][expert];
}

void ExpertUsage::write(JsonWriter& json) const {
  json.begin_array();
  for (const auto& layer : counts_) {
    double all = 0;
    for (const std::uint64_t count : layer) all += static_cast<double>(count);
    json.begin_array();
    for (const std::uint64_t count : layer) json.value(static_cast<float>(static_cast<double>(count) / all));
    json.end_array();
  }
  json.end_array();
}

namespace {

/// Calls fn with each micro-batch, its first example and its hidden vectors.
template <class Function>
void for_each_micro_batch(const ModelData& model, std::span<const Example> examples, std::size_t micro_tokens,
                          Executor executor, ExpertUsage* usage, Function fn) {
  std::vector<const Example*> pointers;
  for (const Example& example : examples) pointers.push_back(&example);
  Activations activations;
  for (std::size_t at = 0; at < examples.size();) {
    const std::size_t n = micro_batch(std::span<const Example* const>(pointers).subspan(at), micro_tokens);
    PackedBatch packed;
    for (const Example& example : examples.subspan(at, n)) packed.add(example);
    const bool keep = usage != nullptr;  // inference keeps one layer only
    forward(model.config, model.weights, packed.batch(), keep, executor, activations);
    if (usage) usage->add(model.config, activations);
    fn(packed, at, activations.hidden);
    at += n;
  }
}

}  // namespace

LossSum evaluate_loss(const ModelData& model, std::span<const Example> examples, std::size_t micro_tokens,
                      Executor executor, ExpertUsage* usage) {
  LossSum sum;
  BackwardScratch scratch;
  for_each_micro_batch(model, examples, micro_tokens, executor, usage,
                       [&](const PackedBatch& packed, std::size_t, std::span<const float> hidden) {
                         sum += head_loss(model.config, model.weights, packed.batch(), hidden, packed.targets, 0,
                                          executor, nullptr, nullptr, scratch);
                       });
  return sum;
}

std::vector<LossSum> evaluate_each(const ModelData& model, std::span<const Example> examples, std::size_t micro_tokens,
                                   Executor executor, ExpertUsage* usage) {
  std::vector<LossSum> losses;
  BackwardScratch scratch;
  const std::size_t d = model.config.n_embd;
  for_each_micro_batch(model, examples, micro_tokens, executor, usage,
                       [&](const PackedBatch& packed, std::size_t first, std::span<const float> hidden) {
                         for (std::size_t i = 0; i + 1 < packed.starts.size(); ++i) {
                           PackedBatch one;
                           one.add(examples[first + i]);
                           losses.push_back(head_loss(model.config, model.weights, one.batch(),
                                                      hidden.subspan(packed.starts[i] * d, one.tokens.size() * d),
                                                      one.targets, 0, executor, nullptr, nullptr, scratch));
                         }
                       });
  return losses;
}

void LossScore::add(const ModelData& model, const Example& example, const LossSum& its_loss) {
  loss += its_loss;
  ++examples;
  correct += its_loss.correct == its_loss.targets;
  if (model.config.head != Head::kLm) return;
  for (const std::int32_t target : example.targets)
    if (target != kNoTarget) bytes += model.tokenizer->bytes(target).size();
}

double LossScore::mean() const {
  return loss.cross_entropy / static_cast<double>(std::max<std::size_t>(1, loss.targets));
}

double LossScore::accuracy() const {
  return static_cast<double>(loss.correct) / static_cast<double>(std::max<std::size_t>(1, loss.targets));
}

double LossScore::bits_per_byte() const {
  return loss.cross_entropy / std::numbers::ln2 / static_cast<double>(std::max<std::uint64_t>(1, bytes));
}

void LossScore::write_members(JsonWriter& json) const {
  json.member("examples", examples)
      .member("targets", loss.targets)
      .member("loss", mean())
      .member("accuracy", accuracy())
      .member("exact", static_cast<double>(correct) / static_cast<double>(std::max<std::uint64_t>(1, examples)));
  if (bytes) json.member("bits_per_byte", bits_per_byte());
}

double CorpusScore::mean() const {
  double sum = 0;
  for (const auto& [name, source] : sources) sum += source.mean();
  return sum / static_cast<double>(std::max<std::size_t>(1, sources.size()));
}

void CorpusScore::write(JsonWriter& json) const {
  json.begin_object();
  for (const auto& [name, source] : sources) {
    json.key(name).begin_object();
    source.write_members(json);
    json.end_object();
  }
  json.end_object();
}

CorpusScore evaluate_corpus(const ModelData& model, const TokenFile& file, std::size_t length, std::uint64_t tokens,
                            std::size_t micro_tokens, Executor executor, ExpertUsage& usage) {
  const Pieces cut = cut_pieces(file, length);
  CorpusScore score;
  for (std::size_t source = 0; source < file.sources().size(); ++source) {
    LossScore& s = score.sources.emplace_back(file.sources()[source].title(), LossScore()).second;
    std::vector<Example> examples;
    std::uint64_t taken = 0;
    for (const Piece& piece : cut.pieces) {
      if (piece.source != source) continue;
      if (tokens && taken >= tokens) break;
      taken += piece.length;
      examples.push_back(example_of(file, piece));
    }
    const std::vector<LossSum> losses = evaluate_each(model, examples, micro_tokens, executor, &usage);
    for (std::size_t i = 0; i < examples.size(); ++i) s.add(model, examples[i], losses[i]);
  }
  return score;
}

}  // namespace eve
