// SPDX-License-Identifier: Apache-2.0
#include "model/tensors.h"

#include "kernels/kernels.h"

namespace eve {

std::string_view layout_name(Layout layout) { return layout == Layout::kRows ? "rows" : "interleaved-16"; }

std::optional<Layout> layout_named(std::string_view name) {
  for (const Layout layout : {Layout::kRows, Layout::kInterleaved})
    if (layout_name(layout) == name) return layout;
  return std::nullopt;
}

void dequantize(const Tensor& tensor, float* dst) {
  if (tensor.layout == Layout::kRows)
    return kernels().dequantize[static_cast<std::size_t>(tensor.type)](tensor.data, tensor.size(), dst);
  for (std::size_t r = 0; r < tensor.rows; ++r)
    dequantize_row(tensor.type, tensor.layout, tensor.rows, tensor.cols, tensor.data, r, dst + r * tensor.cols);
}

void draw_weights(const TensorSpec& spec, Rng& rng, float* dst) {
  for (std::size_t i = 0; i < spec.rows * spec.cols; ++i)
    dst[i] =
        static_cast<float>(spec.start_mean + (spec.start_deviation != 0 ? spec.start_deviation * rng.normal() : 0));
}

ParameterCount count_parameters(const Config& config) {
  const std::size_t d = config.n_embd;
  const std::size_t attention = 4 * d * config.attn_dim(), norms = 2 * d, router = config.n_expert * d;
  const std::size_t expert = 3 * d * config.expert_ff, shared = 3 * d * config.shared_ff;
  const std::size_t embedding = config.vocab_size * d, cls = config.n_labels * (d + 1);
  const std::size_t convolutions = (config.conv_attention + config.conv_experts) * d;
  const std::size_t always = config.n_layer * (attention + norms + router + shared + convolutions) + d +
                             (config.pointer != 0 ? (2 * config.pointer + 1) * d + 1 : 0);
  const std::size_t head = config.head == Head::kLm ? embedding : cls;
  return {.total = always + config.n_layer * config.n_expert * expert + embedding + cls,
          .active = always + config.n_layer * config.top_k * expert + head};
}

}  // namespace eve
