// SPDX-License-Identifier: Apache-2.0
#include "model/config.h"

#include <array>
#include <cmath>

#include "eve/error.h"

namespace eve {

namespace {

constexpr std::array<std::string_view, 3> kHeads = {"lm", "tag", "label"};

}  // namespace

std::string_view head_name(Head head) { return kHeads[static_cast<std::size_t>(head)]; }

std::optional<Head> head_named(std::string_view name) {
  for (std::size_t i = 0; i < kHeads.size(); ++i)
    if (kHeads[i] == name) return static_cast<Head>(i);
  return std::nullopt;
}

void check_config(const Config& config, const std::string& where) {
  const auto refuse = [&](const std::string& what) { throw Error(Status::kModel, where + ": " + what); };
  const auto range = [&](const char* name, std::size_t value, std::size_t low, std::size_t high) {
    if (value < low || value > high)
      refuse(std::string(name) + " is " + std::to_string(value) + ", must be " + std::to_string(low) + " to " +
             std::to_string(high));
  };
  range("vocabulary size", config.vocab_size, 1, kMaxVocabulary);
  range("number of layers", config.n_layer, 1, kMaxLayers);
  range("embedding length", config.n_embd, 1, kMaxSize);
  range("number of heads", config.n_head, 1, kMaxSize);
  range("head dimension", config.head_dim, 2, kMaxSize);
  range("attention width (heads x dimension)", config.attn_dim(), 2, kMaxSize);
  range("context length", config.context, 1, kMaxSize);
  range("number of experts", config.n_expert, 1, kMaxExperts);
  range("number of experts used", config.top_k, 1, config.n_expert);
  range("expert width", config.expert_ff, 1, kMaxSize);
  range("shared expert width", config.shared_ff, 1, kMaxSize);
  for (const std::size_t taps : {config.conv_attention, config.conv_experts})
    if (taps != 0) range("width of a convolution", taps, 2, kMaxConv);
  range("width of the pointer head", config.pointer, 0, config.head == Head::kLm ? kMaxSize : 0);
  if (config.prefix && config.head != Head::kLm) refuse("a prompt whose tokens see each other takes an lm head");
  if (config.head_dim % 2 != 0) refuse("head dimension is odd; rotary embedding needs pairs");
  if (!std::isfinite(config.rope_theta) || config.rope_theta <= 0) refuse("rotary base is not a positive number");
  if (!std::isfinite(config.norm_eps) || config.norm_eps < 0 || config.norm_eps > 1)
    refuse("norm epsilon is not in [0, 1]");
  if (!std::isfinite(config.aux_coef) || config.aux_coef < 0) refuse("load-balance coefficient is not a number >= 0");
  if (static_cast<std::size_t>(config.head) >= kHeads.size()) refuse("unknown kind of head");
  if (config.head == Head::kLm)
    range("number of labels of an lm head", config.n_labels, 0, 0);
  else
    range("number of labels", config.n_labels, 1, kMaxSize);
}

}  // namespace eve
