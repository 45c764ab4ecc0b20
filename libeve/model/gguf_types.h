// SPDX-License-Identifier: Apache-2.0
// What reader and writer of GGUF share: ggml's type codes and the checksum of the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/io.h"
#include "kernels/dtype.h"

namespace eve {

std::uint32_t ggml_type(DType type);
std::optional<DType> dtype_of_ggml(std::uint32_t code);  ///< nullopt for types that have no kernel
std::string ggml_type_name(std::uint32_t code);          ///< "Q4_K", or "number N" when unknown

/// XXH3-64 of bytes that come in pieces.
class Checksum {
 public:
  Checksum();
  void add(const void* data, std::size_t size);
  std::uint64_t value() const;

 private:
  struct Free {
    void operator()(void* state) const;
  };
  std::unique_ptr<void, Free> state_;
};

/// XXH3-64 of the bytes before the tensor data, the eight at `at` taken as zero.
std::uint64_t table_checksum(Bytes table, std::size_t at);

}  // namespace eve
