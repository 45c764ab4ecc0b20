// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_blas.h"

#include <dlfcn.h>

#include "eve/error.h"

namespace eve {
namespace {

template <class Function>
Function* symbol(void* library, const char* name) {
  if (void* found = dlsym(library, name)) return reinterpret_cast<Function*>(found);
  throw Error(Status::kSystem, std::string("libopenblas.so.0 has no ") + name + ": install OpenBLAS 0.3");
}

Blas load() {
  void* library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw Error(Status::kSystem,
                "products of many rows need OpenBLAS, and libopenblas.so.0 cannot be loaded: install libopenblas0-pthread");
  // Its own threads would fight ours for the same cores.
  symbol<decltype(openblas_set_num_threads)>(library, "openblas_set_num_threads")(1);
  return {symbol<decltype(cblas_sgemm)>(library, "cblas_sgemm"),
          symbol<decltype(openblas_get_parallel)>(library, "openblas_get_parallel")() != OPENBLAS_SEQUENTIAL};
}

}  // namespace

const Blas& blas() {
  static const Blas loaded = load();
  return loaded;
}

}  // namespace eve
