// SPDX-License-Identifier: Apache-2.0
// From texts to labelled spans: windows, forward passes over many of them, Viterbi.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "decode/viterbi.h"
#include "eve/eve.h"
#include "model/forward.h"
#include "model/model.h"

namespace eve {

/// The work of eve::Tagger over borrowed parts; the trainer's evaluation uses it on weights in training.
class SpanTagger {
 public:
  /// `model` (head kTag, with tokenizer and tags) and `threads` must outlive the object. Throws kModel when it is not
  /// such a model.
  SpanTagger(const ModelData& model, Threads& threads);
  const std::vector<std::string>& labels() const { return scheme_.labels(); }
  /// The spans of a text, and every bit of their scores, depend on nothing but the text.
  std::vector<std::vector<TaggedSpan>> tag(std::span<const std::string_view> texts);

 private:
  const ModelData& model_;
  Threads& threads_;
  TagScheme scheme_;
  struct Lane {  // what one thread needs
    Activations activations;
    std::vector<float> scores;
  };
  std::vector<Lane> lanes_;

  struct Window;
  struct Encoded;
  using Spans = std::vector<TaggedSpan>;
  Encoded encode(std::string_view text) const;
  /// Spans of each window, which begin in its inner part.
  void run(std::span<const Window> windows, std::span<const Encoded> encoded, Threads& threads, Lane& lane,
           Spans* spans) const;
  Spans decode(const Window& window, const Encoded& encoded, std::span<float> scores) const;
};

}  // namespace eve
