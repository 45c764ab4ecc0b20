// SPDX-License-Identifier: Apache-2.0
#include "model/random.h"

#include <algorithm>

#include "base/rng.h"

namespace eve {

namespace {

constexpr std::size_t kStep = 16, kSteps = 4096;  // windows begin at one of so many places, so many floats apart

float* storage(ModelData& model, std::size_t floats) {
  return reinterpret_cast<float*>(model.storage.emplace_back(floats * sizeof(float)).data());
}

}  // namespace

ModelData random_model(const Config& config, std::uint64_t seed) {
  ModelData model;
  model.config = config;
  std::size_t matrix = 0;
  for_each_tensor(config, model.weights, [&](const TensorSpec& spec, Tensor&) {
    if (spec.matrix) matrix = std::max(matrix, spec.rows * spec.cols);
  });
  Rng rng(seed);
  float* pool = storage(model, matrix + kStep * kSteps);
  for (std::size_t i = 0; i < matrix + kStep * kSteps; ++i) pool[i] = static_cast<float>(0.02 * rng.normal());
  for_each_tensor(config, model.weights, [&](const TensorSpec& spec, Tensor& tensor) {
    tensor = {DType::kF32, spec.rows, spec.cols, nullptr};
    if (spec.matrix) {
      tensor.data = pool + kStep * rng.below(kSteps);
    } else {
      float* const values = storage(model, tensor.size());
      draw_weights(spec, rng, values);
      tensor.data = values;
    }
  });
  return model;
}

}  // namespace eve
