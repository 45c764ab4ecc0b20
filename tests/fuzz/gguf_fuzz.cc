// SPDX-License-Identifier: Apache-2.0
// GGUF files from anywhere: refused, or every tensor lies within the file.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "model/load.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Fn>
void refused_or(const Fn& fn) {
  try {
    fn();
  } catch (const eve::Error& error) {
    require(error.status() == eve::Status::kModel);
    require(std::strpbrk(error.what(), "\x1b\n\r") == nullptr);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // As aligned as a mapped file is, and nothing behind it.
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> copy(static_cast<std::uint8_t*>(std::malloc(size)),
                                                                 &std::free);
  if (size > 0) std::memcpy(copy.get(), data, size);
  const eve::Bytes file(copy.get(), size);
  refused_or([&] {
    const eve::GgufFile parsed = eve::GgufFile::parse(file, "fuzz");
    unsigned sum = 0;
    for (const eve::GgufTensor& tensor : parsed.tensors) {
      require(tensor.data.data() >= file.data() &&
              tensor.data.data() + tensor.data.size() <= file.data() + file.size());
      for (const std::uint8_t byte : tensor.data) sum += byte;
    }
    require(sum <= 255u * size);
  });
  refused_or([&] {
    eve::ModelData model;
    eve::load_gguf(model, file, "fuzz");
    eve::check_model(model, "fuzz");
    unsigned sum = 0;
    eve::for_each_tensor(model.config, model.weights, [&](const eve::TensorSpec& spec, const eve::Tensor& tensor) {
      require(tensor.rows == spec.rows && tensor.cols == spec.cols);
      for (std::size_t i = 0; i < tensor.bytes(); ++i) sum += static_cast<const std::uint8_t*>(tensor.data)[i];
    });
    require(sum < 1u << 31);
  });
  return 0;
}
