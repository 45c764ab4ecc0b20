// SPDX-License-Identifier: Apache-2.0
// What this CPU could do at most: the instructions of our products, fed from registers.
#pragma once

#include <cstddef>
#include <vector>

namespace eve {

/// Independent chains of one instruction.
struct PeakLoop {
  const char* name;   ///< "fp32 FMA AVX-512"
  double operations;  ///< a round: multiplications and additions
  void (*run)(std::size_t rounds);
};

/// Those that products use here: of the table kernels() chose, and of native_bf16(). The first one multiplies fp32.
std::vector<PeakLoop> peak_loops();

/// Reads all of `bytes` (a multiple of 1024, aligned to 64) once. The result has no meaning.
unsigned char read_all(const void* data, std::size_t bytes);

}  // namespace eve
