// SPDX-License-Identifier: Apache-2.0
// The one forward pass: decode is one token, prefill and training are many.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/attention.h"
#include "model/batch.h"
#include "model/config.h"
#include "model/products.h"
#include "model/tensors.h"

namespace eve {

/// What the pass of one layer computed, row-major fp32. Inference reuses one of these for every layer; training keeps
/// one a layer, and backward reads it. T: tokens, d: n_embd, a: attn_dim, k: top_k.
struct LayerActivations {
  std::vector<float> x;               ///< [T][d] input of the layer
  std::vector<float> n1;              ///< [T][d] rms_norm(x, ln_1), where a convolution follows
  std::vector<float> h1;              ///< [T][d] input of attention: n1 convolved, or rms_norm(x, ln_1)
  std::vector<float> q, k, v;         ///< [T][a], q and k rotated
  std::vector<float> attn;            ///< [T][a] attention output, heads side by side
  std::vector<float> log_sums;        ///< [T][n_head] of attention's softmax; training only
  std::vector<float> x_mid;           ///< [T][d] x + c_proj attn
  std::vector<float> n2, h2;          ///< [T][d] the same of x_mid and ln_2: input of the router and the experts
  std::vector<float> probs;           ///< [T][n_expert] softmax of the router
  std::vector<std::uint32_t> chosen;  ///< [T][k] experts, best first (ties: lowest index)
  std::vector<float> weight;          ///< [T][k] renormalised
  // Routed tokens sorted by expert: row r belongs to (slot_of_row[r] / k, slot_of_row[r] % k).
  std::vector<std::uint32_t> expert_start;    ///< [n_expert + 1]
  std::vector<std::uint32_t> slot_of_row;     ///< [T * k]
  std::vector<std::uint32_t> row_of_slot;     ///< [T * k], its inverse
  std::vector<float> gate, up;                ///< [T k][expert_ff]
  std::vector<float> shared_gate, shared_up;  ///< [T][shared_ff]
};

struct Activations {
  std::vector<LayerActivations> layers;  ///< one (inference) or n_layer (training)
  std::vector<float> x;                  ///< [T][d] output of the last layer
  std::vector<float> hidden;             ///< [T][d] rms_norm(x, ln_f)
  Rope rope;
  // Used again from layer to layer: backward computes them once more.
  std::vector<float> routed_in;        ///< [T k][d] h2 gathered
  std::vector<float> act, shared_act;  ///< [T k][expert_ff], [T][shared_ff]
  std::vector<float> routed_out;       ///< [T k][d], before the weight
  std::vector<float> scratch;          ///< [T][d] output of the shared expert
  std::vector<float> pointer_keys;     ///< [T][pointer], where caches take them
  std::vector<Input> inputs;
};

/// Runs all layers; the result is `out.hidden`. Caches grow by the tokens of their sequences. `keep` makes `out.layers`
/// hold every layer for backward. No sequence may exceed config.context (checked: kInput).
void forward(const Config& config, const Weights& weights, const Batch& batch, bool keep, Executor executor,
             Activations& out);

/// Scores of `rows` hidden vectors: logits over the vocabulary (kLm; those of the next token come from next_logits(),
/// pointer.h) or labels with bias (kTag, kLabel: rows already pooled).
void head(const Config& config, const Weights& weights, const float* hidden, std::size_t rows, float* scores,
          Executor executor);

/// Mean of the hidden vectors of each sequence, [sequences][n_embd].
std::vector<float> pool(const Config& config, const Batch& batch, std::span<const float> hidden);

/// Load-balance loss of one layer as published: n_expert * sum_e (mean over tokens of p_e)^2; 1 when balanced.
float aux_loss(std::span<const float> probs, std::size_t n_expert);

}  // namespace eve
