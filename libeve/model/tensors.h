// SPDX-License-Identifier: Apache-2.0
// THE list of a model's tensors. Loader, importer, quantiser, trainer, checkpoint and inspector all walk it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "kernels/dtype.h"
#include "kernels/interleave.h"
#include "model/config.h"

namespace eve {

/// A matrix [rows][cols] somewhere in memory (a mapped file or the trainer's buffers). Vectors have rows = 1.
struct Tensor {
  DType type = DType::kF32;
  std::size_t rows = 0, cols = 0;
  const void* data = nullptr;
  Layout layout = Layout::kRows;

  std::size_t size() const { return rows * cols; }
  std::size_t bytes() const { return rows * row_bytes(type, cols); }
  /// The data of an F32 tensor.
  const float* f32() const { return static_cast<const float*>(data); }
};

std::string_view layout_name(Layout layout);                ///< "rows", "interleaved-16"
std::optional<Layout> layout_named(std::string_view name);  ///< inverse

/// Values of all rows, in order: dst[rows][cols].
void dequantize(const Tensor& tensor, float* dst);

struct Ffn {
  Tensor w1;      ///< gate [ff][n_embd]
  Tensor w2;      ///< up   [ff][n_embd]
  Tensor c_proj;  ///< down [n_embd][ff]
};

struct Layer {
  Tensor ln_1;            ///< [1][n_embd], F32
  Tensor conv_attention;  ///< [taps][n_embd], F32; where config.conv_attention has taps
  Tensor q, k, v;         ///< [attn_dim][n_embd]
  Tensor c_proj;          ///< [n_embd][attn_dim]
  Tensor ln_2;            ///< [1][n_embd], F32
  Tensor conv_experts;    ///< [taps][n_embd], F32; where config.conv_experts has taps
  Tensor router;          ///< [n_expert][n_embd], F32
  Ffn shared;
  std::vector<Ffn> experts;  ///< n_expert
};

struct Weights {
  Tensor wte;  ///< [vocab_size][n_embd]; also the head of kLm
  std::vector<Layer> layers;
  Tensor ln_f;                        ///< [1][n_embd], F32
  Tensor cls, cls_bias;               ///< [n_labels][n_embd], [1][n_labels] F32; heads kTag and kLabel only
  Tensor pointer_query, pointer_key;  ///< [pointer][n_embd]; where config.pointer is not 0
  Tensor pointer_gate, pointer_bias;  ///< [1][n_embd], [1][1], F32
};

/// What one tensor is called and where it lies in a file that holds several of ours as one.
struct TensorSpec {
  struct Place {
    std::string name;
    std::size_t part = 0, parts = 1;  ///< ours is rows [part * rows, (part + 1) * rows) of parts * rows
  };
  Place gguf;  ///< "blk.0.ffn_gate_exps.weight" part e of n_expert, ...
  Place hub;   ///< "transformer.h.0.attn.c_attn.weight" part 0..2 of 3, ...
  std::size_t rows, cols;
  bool matrix;  ///< multiplied with activations: decayed by AdamW
  bool f32;     ///< F32 in every file and in memory, whatever type is asked for: vectors, convolutions and the router
  double start_mean, start_deviation;  ///< of the normal distribution that a new network's weights come from
};

/// Calls fn(const TensorSpec&, Tensor&) for each tensor, always in the same order: in it, tensors that GGUF stores as
/// one are neighbours, and so are q, k, v of a layer. Resizes `weights` to the config first. `router` is a matrix for
/// AdamW but stays F32: choices of experts must not move.
template <class Fn>
void for_each_tensor(const Config& config, Weights& weights, Fn&& fn);
template <class Fn>
void for_each_tensor(const Config& config, const Weights& weights, Fn&& fn);

/// Values of a new tensor, dst[rows][cols].
void draw_weights(const TensorSpec& spec, Rng& rng, float* dst);

struct ParameterCount {
  std::size_t total;   ///< all parameters, the tied matrix once
  std::size_t active;  ///< multiplied for one token: without the embedding, with the head
};
ParameterCount count_parameters(const Config& config);

}  // namespace eve

#include "model/tensors_inl.h"
