// SPDX-License-Identifier: Apache-2.0
// The tables behind kernels(), one per instruction set. Only dispatch.cc asks whether the CPU runs one.
#pragma once

#include "kernels/kernels.h"

namespace eve {

/// quantize_a8 takes a block without a magnitude of at least this for zeros: below it 127 / max|x| may overflow.
inline constexpr float kSmallestA8 = 0x1p-120f;

extern const Kernels kGenericKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx512VnniKernels;
#elif defined(__aarch64__)
extern const Kernels kNeonKernels;
extern const Kernels kNeonDotKernels;
#endif

}  // namespace eve
