// SPDX-License-Identifier: Apache-2.0
// safetensors files from anywhere: refused, or the tensors tile the file.
#include <cstdlib>
#include <vector>

#include "model/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> copy(data, data + size);
  try {
    std::size_t covered = 0;
    for (const auto& [name, tensor] : eve::SafeTensors::parse(copy, "fuzz").tensors) {
      covered += tensor.data.size();
      if (tensor.data.data() < copy.data() || tensor.data.data() + tensor.data.size() > copy.data() + copy.size())
        std::abort();
    }
    if (covered > size) std::abort();
  } catch (const eve::Error& error) {
    if (error.status() != eve::Status::kModel) std::abort();
  }
  return 0;
}
