// SPDX-License-Identifier: Apache-2.0
// Plain armv8-a.
#include "kernels/neon_inl.h"

namespace eve {
constinit const Kernels kNeonKernels = table("neon");
}  // namespace eve
