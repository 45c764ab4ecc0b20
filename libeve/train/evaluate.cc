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

LossSum evaluate_loss(const ModelData& model, std::span<const Example> examples, std::size_t micro_tokens,
                      Executor executor, ExpertUsage* usage) {
  std::vector<const Example*> pointers;
  for (const Example& example : examples) pointers.push_back(&example);
  LossSum sum;
  BackwardScratch scratch;
  Activations activations;
  for (std::span<const Example* const> rest = pointers; !rest.empty();) {
    const std::size_t n = micro_batch(rest, micro_tokens);
    PackedBatch packed;
    for (const Example* example : rest.first(n)) packed.add(*example);
    const bool keep = usage != nullptr;  // inference keeps one layer only
    forward(model.config, model.weights, packed.batch(), keep, executor, activations);
    if (usage) usage->add(model.config, activations);
    sum += head_loss(model.config, model.weights, packed.batch(), activations.hidden, packed.targets, 0, executor,
                     nullptr, nullptr, scratch);
    rest = rest.subspan(n);
  }
  return sum;
}

double SourceLoss::mean() const {
  return loss.cross_entropy / static_cast<double>(std::max<std::size_t>(1, loss.targets));
}

double SourceLoss::bits_per_byte() const {
  return loss.cross_entropy / std::numbers::ln2 / static_cast<double>(std::max<std::uint64_t>(1, bytes));
}

double CorpusScore::mean() const {
  double sum = 0;
  for (const SourceLoss& source : sources) sum += source.mean();
  return sum / static_cast<double>(std::max<std::size_t>(1, sources.size()));
}

void CorpusScore::write(JsonWriter& json) const {
  json.begin_object();
  for (const SourceLoss& s : sources) {
    json.key(s.source)
        .begin_object()
        .member("loss", s.mean())
        .member("accuracy",
                static_cast<double>(s.loss.correct) / static_cast<double>(std::max<std::size_t>(1, s.loss.targets)))
        .member("bits_per_byte", s.bits_per_byte())
        .member("targets", s.loss.targets)
        .member("bytes", s.bytes);
    json.end_object();
  }
  json.end_object();
}

CorpusScore evaluate_corpus(const ModelData& model, const TokenFile& file, std::size_t length, std::uint64_t tokens,
                            std::size_t micro_tokens, Executor executor, ExpertUsage& usage) {
  const Pieces cut = cut_pieces(file, length);
  CorpusScore score;
  for (std::size_t source = 0; source < file.sources().size(); ++source) {
    SourceLoss& s = score.sources.emplace_back();
    s.source = file.sources()[source].title();
    std::vector<Example> examples;
    std::uint64_t taken = 0;
    for (const Piece& piece : cut.pieces) {
      if (piece.source != source) continue;
      if (tokens && taken >= tokens) break;
      taken += piece.length;
      examples.push_back(example_of(file, piece));
      for (const std::int32_t target : examples.back().targets)
        if (target != kNoTarget) s.bytes += model.tokenizer->bytes(target).size();
    }
    s.loss = evaluate_loss(model, examples, micro_tokens, executor, &usage);
  }
  return score;
}

}  // namespace eve
