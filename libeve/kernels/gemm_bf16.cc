// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_bf16.h"

#include <algorithm>

#include "kernels/kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace eve {

namespace {

using std::size_t;

#if defined(__x86_64__)
bool cpu_has_amx() {
  unsigned a, b, c, d;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kVbmi = 1u << 1, kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
  if ((c & kVbmi) == 0 || (d & kAmxBf16) == 0 || (d & kAmxTile) == 0) return false;
  // Linux hands out the tile registers to processes that ask (ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA).
  return syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}
#endif

std::vector<const Bf16Kernel*> find_kernels() {
  std::vector<const Bf16Kernel*> found;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    found.push_back(&kAvx512Bf16Kernel);
    if (cpu_has_amx()) found.push_back(&kAmxBf16Kernel);
  }
#endif
  return found;
}

// A panel of A and two of B share the first-level cache, a block of B (768 KiB) the second.
constexpr size_t kBlockSteps = 384, kBlockCols = 1024;
constexpr size_t kPanelRows = 2 * kTileLines;  // rows of A that a thread packs at a time

}  // namespace

const std::vector<const Bf16Kernel*>& bf16_kernels() {
  static const std::vector<const Bf16Kernel*> found = find_kernels();
  return found;
}

const Bf16Kernel* native_bf16() {
  static const bool native = &kernels() == available_kernels().back() && !bf16_kernels().empty();
  return native ? bf16_kernels().back() : nullptr;
}

void gemm_bf16(const Bf16Kernel& kernel, Transpose a_t, Transpose b_t, size_t m, size_t n, size_t k, const float* a,
               size_t lda, const float* b, size_t ldb, float beta, float* c, size_t ldc, Threads& threads) {
  const size_t a_row = a_t == Transpose::kYes ? 1 : lda, a_step = a_t == Transpose::kYes ? lda : 1;
  const size_t b_col = b_t == Transpose::kYes ? ldb : 1, b_step = b_t == Transpose::kYes ? 1 : ldb;
  // Waking the other threads costs as much as this many operations.
  const bool small = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) < 1e6;
  const auto run = [&](size_t count, const auto& part) {
    if (small)
      part(0, count);
    else
      threads.parallel_for(count, 1, part);
  };
  // Kept between calls: fresh pages cost more than the product of a small matrix.
  static thread_local std::vector<AlignedBf16Tile> packed_b;
  for (size_t n0 = 0; n0 < n; n0 += kBlockCols) {
    const size_t cols = std::min(kBlockCols, n - n0), col_panels = (cols + kPanelRows - 1) / kPanelRows;
    for (size_t k0 = 0; k0 < k; k0 += kBlockSteps) {
      const size_t steps = std::min(kBlockSteps, k - k0), tiles = tiles_of(steps);
      if (packed_b.size() < 2 * col_panels * tiles) packed_b.resize(2 * col_panels * tiles);
      Bf16Tile* const block = packed_b.data();  // the workers' thread_local is another
      run(col_panels, [&](size_t begin, size_t end) {
        const size_t col = begin * kPanelRows;
        kernel.pack_b(b + (n0 + col) * b_col + k0 * b_step, b_col, b_step, std::min(cols, end * kPanelRows) - col,
                      steps, block + 2 * begin * tiles);
      });
      const bool accumulate = beta != 0 || k0 > 0;
      const auto multiply = [&](size_t row_begin, size_t row_end, size_t col_begin, size_t col_end) {
        AlignedBf16Tile panels[2 * kBlockSteps / kTileSteps];
        for (size_t row = row_begin; row < row_end; row += kPanelRows) {
          const size_t rows = std::min(kPanelRows, row_end - row);
          kernel.pack_a(a + row * a_row + k0 * a_step, a_row, a_step, rows, steps, panels);
          kernel.multiply({panels, tiles, rows}, {block + col_begin / kTileLines * tiles, tiles, col_end - col_begin},
                          tiles, accumulate, c + row * ldc + n0 + col_begin, ldc);
        }
      };
      if (m >= cols)
        run((m + kPanelRows - 1) / kPanelRows,
            [&](size_t begin, size_t end) { multiply(begin * kPanelRows, std::min(m, end * kPanelRows), 0, cols); });
      else
        run(col_panels,
            [&](size_t begin, size_t end) { multiply(0, m, begin * kPanelRows, std::min(cols, end * kPanelRows)); });
    }
  }
}

}  // namespace eve
