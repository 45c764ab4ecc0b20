// SPDX-License-Identifier: Apache-2.0
// The walk of tensors.h.
#pragma once

#include <cmath>

namespace eve {

namespace detail {

struct TensorWalk {
  const Config& config;
  static constexpr double kDeviation = 0.02;
  static constexpr double kPointerBias = -3;  // a new network copies one token in twenty

  static TensorSpec spec(std::string gguf, std::string hub, std::size_t rows, std::size_t cols, bool matrix) {
    return {{std::move(gguf), 0, 1}, {std::move(hub), 0, 1},   rows, cols, matrix, !matrix,
            matrix ? 0.0 : 1.0,      matrix ? kDeviation : 0.0};
  }

  template <class W, class Fn>
  void run(W& weights, Fn&& fn) const {
    const std::size_t d = config.n_embd, a = config.attn_dim();
    const auto visit = [&](const TensorSpec& s, auto& tensor) { fn(s, tensor); };
    visit(spec("token_embd.weight", "transformer.wte.weight", config.vocab_size, d, true), weights.wte);
    for (std::size_t l = 0; l < config.n_layer; ++l) {
      auto& layer = weights.layers[l];
      const std::string g = "blk." + std::to_string(l) + ".", h = "transformer.h." + std::to_string(l) + ".";
      visit(spec(g + "attn_norm.weight", h + "ln_1.weight", 1, d, false), layer.ln_1);
      const auto convolution = [&](const char* gguf, const char* hub, std::size_t taps, auto& tensor) {
        if (taps == 0) return;
        TensorSpec s = spec(g + gguf + ".weight", h + hub + ".weight", taps, d, false);
        // The variance that the publication's layers begin with: uniform in +-1 / sqrt(taps).
        s.start_mean = 0, s.start_deviation = 1 / std::sqrt(3.0 * static_cast<double>(taps));
        visit(s, tensor);
      };
      convolution("attn_conv", "attn.conv", config.conv_attention, layer.conv_attention);
      const auto attention = [&](const char* gguf, std::size_t part, auto& tensor) {
        TensorSpec s = spec(g + gguf + ".weight", h + "attn.c_attn.weight", a, d, true);
        s.hub.part = part, s.hub.parts = 3;
        visit(s, tensor);
      };
      attention("attn_q", 0, layer.q);
      attention("attn_k", 1, layer.k);
      attention("attn_v", 2, layer.v);
      visit(spec(g + "attn_output.weight", h + "attn.c_proj.weight", d, a, true), layer.c_proj);
      visit(spec(g + "ffn_norm.weight", h + "ln_2.weight", 1, d, false), layer.ln_2);
      convolution("ffn_conv", "mlp.conv", config.conv_experts, layer.conv_experts);
      TensorSpec router = spec(g + "ffn_gate_inp.weight", h + "mlp.router.weight", config.n_expert, d, true);
      router.f32 = true;
      visit(router, layer.router);
      const std::string shared = h + "mlp.shared_expert.";
      visit(spec(g + "ffn_gate_shexp.weight", shared + "w1.weight", config.shared_ff, d, true), layer.shared.w1);
      visit(spec(g + "ffn_up_shexp.weight", shared + "w2.weight", config.shared_ff, d, true), layer.shared.w2);
      visit(spec(g + "ffn_down_shexp.weight", shared + "c_proj.weight", d, config.shared_ff, true),
            layer.shared.c_proj);
      const auto experts = [&](const char* gguf, const char* hub, std::size_t rows, std::size_t cols, auto member) {
        for (std::size_t e = 0; e < config.n_expert; ++e) {
          TensorSpec s = spec(g + gguf + ".weight", h + "mlp.experts." + std::to_string(e) + "." + hub + ".weight",
                              rows, cols, true);
          s.gguf.part = e, s.gguf.parts = config.n_expert;
          visit(s, layer.experts[e].*member);
        }
      };
      experts("ffn_gate_exps", "w1", config.expert_ff, d, &Ffn::w1);
      experts("ffn_up_exps", "w2", config.expert_ff, d, &Ffn::w2);
      experts("ffn_down_exps", "c_proj", d, config.expert_ff, &Ffn::c_proj);
    }
    visit(spec("output_norm.weight", "transformer.ln_f.weight", 1, d, false), weights.ln_f);
    if (config.head != Head::kLm) {
      visit(spec("cls.output.weight", "cls.weight", config.n_labels, d, true), weights.cls);
      TensorSpec bias = spec("cls.output.bias", "cls.bias", 1, config.n_labels, false);
      bias.start_mean = 0;
      visit(bias, weights.cls_bias);
    }
    if (config.pointer != 0) {
      visit(spec("pointer.query.weight", "pointer.query.weight", config.pointer, d, true), weights.pointer_query);
      visit(spec("pointer.key.weight", "pointer.key.weight", config.pointer, d, true), weights.pointer_key);
      TensorSpec gate = spec("pointer.gate.weight", "pointer.gate.weight", 1, d, false),
                 bias = spec("pointer.gate.bias", "pointer.gate.bias", 1, 1, false);
      gate.start_mean = 0, bias.start_mean = kPointerBias;
      visit(gate, weights.pointer_gate);
      visit(bias, weights.pointer_bias);
    }
  }
};

}  // namespace detail

template <class Fn>
void for_each_tensor(const Config& config, Weights& weights, Fn&& fn) {
  weights.layers.resize(config.n_layer);
  for (Layer& layer : weights.layers) layer.experts.resize(config.n_expert);
  detail::TensorWalk{config}.run(weights, fn);
}

template <class Fn>
void for_each_tensor(const Config& config, const Weights& weights, Fn&& fn) {
  detail::TensorWalk{config}.run(weights, fn);
}

}  // namespace eve
