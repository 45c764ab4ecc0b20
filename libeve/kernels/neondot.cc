// SPDX-License-Identifier: Apache-2.0
// armv8-a with the dot product instructions (Cortex-A55 and A76, and later): int8 products in one instruction.
#include "kernels/neon_inl.h"

namespace eve {
constinit const Kernels kNeonDotKernels = table("neondot");
}  // namespace eve
