// SPDX-License-Identifier: Apache-2.0
// AVX-512 with VNNI (Ice Lake, Zen 4 and later): int8 products in one instruction.
#include "kernels/avx512_inl.h"

namespace eve {
constinit const Kernels kAvx512VnniKernels = table("avx512vnni");
}  // namespace eve
