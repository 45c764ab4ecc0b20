// SPDX-License-Identifier: Apache-2.0
// AVX-512 F, BW, VL and DQ (Skylake-X and later).
#include "kernels/avx512_inl.h"

namespace eve {
constinit const Kernels kAvx512Kernels = table("avx512");
}  // namespace eve
