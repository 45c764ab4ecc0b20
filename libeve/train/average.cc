// SPDX-License-Identifier: Apache-2.0
#include "train/average.h"

#include "kernels/kernels.h"
#include "model/model.h"

namespace eve {

ParameterBuffer average_models(const std::vector<std::string>& paths) {
  const ModelData first = load_model(paths.at(0));
  ParameterBuffer mean(first.config);
  const float share = 1.0f / static_cast<float>(paths.size());
  for (const std::string& path : paths) {
    const ModelData model = load_model(path);
    // Tensor by tensor the same names and sizes: the same shape.
    std::vector<std::pair<std::string, std::size_t>> wanted, given;
    for_each_tensor(first.config, first.weights,
                    [&](const TensorSpec& s, const Tensor& t) { wanted.emplace_back(s.gguf.name, t.size()); });
    for_each_tensor(model.config, model.weights,
                    [&](const TensorSpec& s, const Tensor& t) { given.emplace_back(s.gguf.name, t.size()); });
    if (wanted != given || model.info.labels != first.info.labels)
      throw Error(Status::kInput, printable(path) + ": not of the same shape and labels as " + printable(paths[0]));
    std::vector<float> row;
    std::size_t at = 0;
    for_each_tensor(model.config, model.weights, [&](const TensorSpec&, const Tensor& tensor) {
      row.resize(tensor.size());
      dequantize(tensor, row.data());
      kernels().axpy(share, row.data(), &mean.values()[at], row.size());
      at += row.size();
    });
  }
  return mean;
}

}  // namespace eve
