// SPDX-License-Identifier: Apache-2.0
// OpenBLAS for fp32 products of many rows. Loaded at the first of them: loading takes longer than a whole run of a
// filter, which needs none.
#pragma once

#include <cblas.h>

namespace eve {

struct Blas {
  decltype(&cblas_sgemm) sgemm;
  bool concurrent;  ///< false: a sequential build, which gives two callers at a time the same scratch memory
};

/// The library, with no threads of its own. Throws kSystem, naming what to install, when it is not there.
const Blas& blas();

}  // namespace eve
