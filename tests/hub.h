// SPDX-License-Identifier: Apache-2.0
// Safetensors files as tests need them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "models.h"

namespace eve::test {

/// A tensor of a file under its published name.
struct Stored {
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::string data;
};
using Tensors = std::map<std::string, Stored>;

inline std::string safetensors_of(const Tensors& tensors, std::size_t misalign = 0) {
  std::string header, data;
  JsonWriter json(header);
  json.begin_object();
  for (const auto& [name, tensor] : tensors) {
    json.key(name).begin_object().member("dtype", tensor.dtype).key("shape").begin_array();
    for (const auto n : tensor.shape) json.value(n);
    json.end_array().key("data_offsets").begin_array().value(data.size());
    data += tensor.data;
    json.value(data.size()).end_array().end_object();
  }
  json.end_object();
  while ((header.size() + 8) % 8 != misalign) header += ' ';
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header + data;
}

/// The tensors of a model under their published names, q, k and v as one.
inline Tensors published(const ModelData& model, DType type = DType::kF32) {
  Tensors out;
  for_each_tensor(model.config, model.weights, [&](const TensorSpec& spec, const Tensor& tensor) {
    Stored& stored = out[spec.hub.name];
    stored.dtype = type == DType::kF32 ? "F32" : type == DType::kF16 ? "F16" : "BF16";
    stored.shape = {spec.hub.parts * spec.rows, spec.cols};
    if (!spec.matrix) stored.shape.erase(stored.shape.begin());
    const std::vector<float> values = values_of(tensor);
    const std::size_t at = stored.data.size();
    stored.data.resize(at + row_bytes(type, values.size()));
    quantize_row(type, values.data(), values.size(), stored.data.data() + at);
  });
  return out;
}

}  // namespace eve::test
