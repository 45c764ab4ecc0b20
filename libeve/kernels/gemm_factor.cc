// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_factor.h"

#include <algorithm>
#include <cstring>

#include "kernels/kernels.h"

namespace eve {

namespace {

using std::size_t;

const Bf16Kernel* kernel_of(Math math) { return math == Math::kBF16 ? native_bf16() : nullptr; }

}  // namespace

void Factor::reset(Side side, Along along, size_t lines, size_t steps, Math math) {
  side_ = side;
  along_ = along;
  lines_ = lines;
  steps_ = steps;
  math_ = math;
  kernel_ = kernel_of(math);
  if (kernel_) {
    const size_t tiles = panels_of(lines) * tiles_of(steps);
    if (tiles_.size() < tiles) tiles_.resize(tiles);
  } else if (values_.size() < lines * steps) {
    values_.resize(lines * steps);
  }
}

void Factor::set(size_t first, size_t count, const float* x, size_t stride) {
  if (kernel_) {
    const auto pack = side_ == kLeft ? kernel_->pack_a : kernel_->pack_b;
    const size_t panel = tiles_of(steps_);
    if (along_ == kLines)
      pack(x, stride, 1, count, steps_, tiles_.data() + first / kTileLines * panel, panel);
    else
      pack(x, 1, stride, lines_, count, tiles_.data() + first / kTileSteps, panel);
    return;
  }
  const size_t width = along_ == kLines ? steps_ : lines_;
  for (size_t r = 0; r < count; ++r) {
    float* const to = &values_[(first + r) * width];
    if (math_ == Math::kBF16)
      kernels().round_bf16(x + r * stride, width, to);
    else
      std::memcpy(to, x + r * stride, width * sizeof(float));
  }
}

void multiply(const Factor& a, const Factor& b, float beta, float* c, size_t ldc) {
  const size_t k = a.steps_;
  if (a.kernel_ == nullptr) {
    Threads here(1);
    return gemm(a.along_ == Factor::kLines ? Transpose::kNo : Transpose::kYes,
                b.along_ == Factor::kLines ? Transpose::kYes : Transpose::kNo, a.lines_, b.lines_, k, a.values_.data(),
                a.along_ == Factor::kLines ? k : a.lines_, b.values_.data(), b.along_ == Factor::kLines ? k : b.lines_,
                beta, c, ldc, Math::kF32, here);
  }
  const size_t tiles = tiles_of(k), parts = (tiles + kBlockTiles - 1) / kBlockTiles;
  for (size_t part = 0; part < parts; ++part) {
    const size_t tile = tiles * part / parts, width = tiles * (part + 1) / parts - tile;
    multiply_panels(*a.kernel_, {a.tiles_.data() + tile, tiles, a.lines_}, {b.tiles_.data() + tile, tiles, b.lines_},
                    width, beta != 0 || part > 0, c, ldc);
  }
}

size_t rows_of_block(Math math, size_t weight) { return !kernel_of(math) ? 512 : weight <= kSmallWeight ? 64 : 256; }

}  // namespace eve
