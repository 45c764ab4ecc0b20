// SPDX-License-Identifier: Apache-2.0
#include "train/ranks.h"

#if EVE_MPI
#include <mpi.h>

#include <algorithm>
#endif

namespace eve {

#if EVE_MPI

namespace {

void sum_in_place(void* values, std::size_t n, std::size_t width, MPI_Datatype type) {
  constexpr std::size_t kMost = std::size_t{1} << 28;  // MPI counts are int
  for (std::size_t at = 0; at < n; at += kMost)
    MPI_Allreduce(MPI_IN_PLACE, static_cast<char*>(values) + at * width, static_cast<int>(std::min(kMost, n - at)),
                  type, MPI_SUM, MPI_COMM_WORLD);
}

}  // namespace

Ranks::Ranks() {
  MPI_Init(nullptr, nullptr);  // errors abort the run: MPI's default, and right for a job of several processes
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  rank_ = static_cast<std::size_t>(rank);
  size_ = static_cast<std::size_t>(size);
}
Ranks::~Ranks() { MPI_Finalize(); }
void Ranks::sum(float* values, std::size_t n) const { sum_in_place(values, n, sizeof(float), MPI_FLOAT); }
void Ranks::sum(double* values, std::size_t n) const { sum_in_place(values, n, sizeof(double), MPI_DOUBLE); }

#else

Ranks::Ranks() = default;
Ranks::~Ranks() = default;
void Ranks::sum(float*, std::size_t) const {}
void Ranks::sum(double*, std::size_t) const {}

#endif

}  // namespace eve
