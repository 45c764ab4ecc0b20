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

// A packed block of either factor stays in the second-level cache beside one of the other.
constexpr size_t kBlockBytes = size_t{512} << 10;
// The packed smaller factor stays in the third-level cache.
constexpr size_t kSharedBytes = size_t{8} << 20;
constexpr size_t kPairLines = 2 * kTileLines;  // a micro-kernel's square
// Waking the other threads costs as much as this many multiplications.
constexpr double kSmall = 1e6;

// op(A) or op(B) as stored.
struct Factor {
  const float* x;
  size_t line_stride, step_stride, lines;
  decltype(Bf16Kernel::pack_a) pack;

  const float* at(size_t line, size_t step) const { return x + line * line_stride + step * step_stride; }
};

// Even parts of at most `most` tiles: part i is [i * tiles / parts, (i + 1) * tiles / parts).
size_t parts_of(size_t tiles, size_t most) { return (tiles + most - 1) / most; }

}  // namespace

const std::vector<const Bf16Kernel*>& bf16_kernels() {
  static const std::vector<const Bf16Kernel*> found = find_kernels();
  return found;
}

const Bf16Kernel* native_bf16() {
  static const bool native = &kernels() == available_kernels().back() && !bf16_kernels().empty();
  return native ? bf16_kernels().back() : nullptr;
}

void multiply_panels(const Bf16Kernel& kernel, Bf16Panels a, Bf16Panels b, size_t tiles, bool accumulate, float* c,
                     size_t ldc) {
  // Blocks of B stay in the second-level cache, two panels of A in the first: C is written along its rows.
  const size_t block = kBlockBytes / (tiles * sizeof(Bf16Tile)) * kTileLines / kPairLines * kPairLines;
  for (size_t col = 0; col < b.lines; col += block)
    for (size_t row = 0; row < a.lines; row += kPairLines)
      kernel.multiply({a.at(row), a.stride, std::min(kPairLines, a.lines - row)},
                      {b.at(col), b.stride, std::min(block, b.lines - col)}, tiles, accumulate, c + row * ldc + col,
                      ldc);
}

void gemm_bf16(const Bf16Kernel& kernel, Transpose a_t, Transpose b_t, size_t m, size_t n, size_t k, const float* a,
               size_t lda, const float* b, size_t ldb, float beta, float* c, size_t ldc, Threads& threads) {
  const bool a_turned = a_t == Transpose::kYes, b_turned = b_t == Transpose::kYes;
  const Factor left{a, a_turned ? 1 : lda, a_turned ? lda : 1, m, kernel.pack_a};
  const Factor right{b, b_turned ? ldb : 1, b_turned ? 1 : ldb, n, kernel.pack_b};
  // The factor of fewer lines is packed first, by all threads together; then each takes lines of the other, packs them
  // block by block and multiplies: two parallel loops, and nothing is packed twice.
  const bool by_rows = m >= n;
  const Factor& shared = by_rows ? right : left;
  const Factor& split = by_rows ? left : right;
  const bool small = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) < kSmall;
  const auto run = [&](size_t count, size_t grain, const auto& part) {
    if (small)
      part(0, count);
    else
      threads.parallel_for(count, grain, part);
  };
  // Kept between calls: fresh pages cost more than the product of a small matrix.
  static thread_local std::vector<AlignedBf16Tile> shared_tiles, split_tiles;
  const size_t all_tiles = tiles_of(k), panels = panels_of(shared.lines);
  const size_t rounds = parts_of(all_tiles, std::max<size_t>(kBlockTiles, kSharedBytes / (panels * sizeof(Bf16Tile))));
  for (size_t round = 0; round < rounds; ++round) {
    const size_t first_tile = all_tiles * round / rounds, tiles = all_tiles * (round + 1) / rounds - first_tile;
    const size_t step0 = first_tile * kTileSteps, steps = std::min(k - step0, tiles * kTileSteps);
    if (shared_tiles.size() < panels * tiles) shared_tiles.resize(panels * tiles);
    Bf16Tile* const packed = shared_tiles.data();  // the workers' thread_local is another
    // Of lines that are columns of the matrix each thread packs some steps of all.
    if (shared.line_stride == 1)
      run(tiles, 1, [&](size_t begin, size_t end) {
        shared.pack(shared.at(0, step0 + begin * kTileSteps), 1, shared.step_stride, shared.lines,
                    std::min(steps, end * kTileSteps) - begin * kTileSteps, packed + begin, tiles);
      });
    else
      run(panels, 1, [&](size_t begin, size_t end) {
        shared.pack(shared.at(begin * kTileLines, step0), shared.line_stride, 1,
                    std::min(shared.lines, end * kTileLines) - begin * kTileLines, steps, packed + begin * tiles,
                    tiles);
      });
    const size_t parts = parts_of(tiles, kBlockTiles);
    run(split.lines, kPairLines, [&](size_t begin, size_t end) {
      for (size_t part = 0; part < parts; ++part) {
        const size_t tile = tiles * part / parts, width = tiles * (part + 1) / parts - tile;
        const size_t block = kBlockBytes / (width * sizeof(Bf16Tile)) * kTileLines / kPairLines * kPairLines;
        const bool accumulate = beta != 0 || round > 0 || part > 0;
        for (size_t line = begin; line < end; line += block) {
          const size_t lines = std::min(block, end - line);
          if (split_tiles.size() < panels_of(lines) * width) split_tiles.resize(panels_of(lines) * width);
          split.pack(split.at(line, step0 + tile * kTileSteps), split.line_stride, split.step_stride, lines,
                     std::min(steps - tile * kTileSteps, width * kTileSteps), split_tiles.data(), width);
          const Bf16Panels mine{split_tiles.data(), width, lines}, all{packed + tile, tiles, shared.lines};
          multiply_panels(kernel, by_rows ? mine : all, by_rows ? all : mine, width, accumulate,
                          c + (by_rows ? line * ldc : line), ldc);
        }
      }
    });
  }
}

}  // namespace eve
