// SPDX-License-Identifier: Apache-2.0
// Small models made from a formula, and places to write them.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "kernels/kernels.h"
#include "model/model.h"

namespace eve::test {

/// Whether the cases of this program that are marked [isa] pass with the named kernels.
inline bool passes_on(const std::string& isa) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  return std::system(("EVE_ISA=" + isa + " '" + program + "' '[isa]' >&2").c_str()) == 0;
}

/// A directory that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "eve-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spill(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// Every size differs from the others, so that none can stand for another. Rows are whole blocks of 32.
inline Config small_config(Head head = Head::kLm) {
  Config config{.vocab_size = 40,
                .n_layer = 2,
                .n_embd = 32,
                .n_head = 4,
                .head_dim = 16,
                .context = 24,
                .n_expert = 3,
                .top_k = 2,
                .expert_ff = 96,
                .shared_ff = 128,
                .rope_theta = 9000.0f,
                .norm_eps = 2e-5f,
                .aux_coef = 0.02f,
                .head = head};
  config.n_labels = head == Head::kLm ? 0 : 5;
  return config;
}

/// A model of the given shape with weights in (-1, 1) that a linear congruence makes from the tensor's name.
inline ModelData formula_model(const Config& config) {
  ModelData model;
  model.config = config;
  for (std::size_t i = 0; i < config.n_labels; ++i) model.info.labels.push_back("label " + std::to_string(i));
  for_each_tensor(config, model.weights, [&](const TensorSpec& spec, Tensor& tensor) {
    auto& bytes = model.storage.emplace_back(spec.rows * spec.cols * sizeof(float));
    auto* values = reinterpret_cast<float*>(bytes.data());
    std::uint32_t h = 2166136261u + static_cast<std::uint32_t>(spec.gguf.part + 7 * spec.hub.part);
    for (const char c : spec.gguf.name) h = (h ^ static_cast<std::uint8_t>(c)) * 16777619u;
    for (std::size_t i = 0; i < spec.rows * spec.cols; ++i) {
      h = h * 1664525u + 1013904223u;
      values[i] = (static_cast<float>(h >> 8) - 8388608.0f) / 8388608.0f;
    }
    tensor = {DType::kF32, spec.rows, spec.cols, values};
  });
  return model;
}

inline std::vector<float> values_of(const Tensor& tensor) {
  std::vector<float> out(tensor.size());
  dequantize(tensor, out.data());
  return out;
}

/// Calls fn(spec, tensor of a, tensor of b).
template <class Fn>
void for_each_pair(const ModelData& a, const ModelData& b, Fn&& fn) {
  std::vector<const Tensor*> others;
  for_each_tensor(b.config, b.weights, [&](const TensorSpec&, const Tensor& tensor) { others.push_back(&tensor); });
  std::size_t i = 0;
  for_each_tensor(a.config, a.weights,
                  [&](const TensorSpec& spec, const Tensor& tensor) { fn(spec, tensor, *others.at(i++)); });
}

}  // namespace eve::test
