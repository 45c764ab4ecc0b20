// SPDX-License-Identifier: Apache-2.0
#include "model/products.h"

#include <algorithm>

#include "kernels/gemm_factor.h"

namespace eve {

namespace {

// Rows of a weight that one thread unpacks to fp32 at a time; 64 x 1408 fp32 stay in the second-level cache.
constexpr std::size_t kPanelRows = 64;
// Multiplications that are worth a second thread, and values to pack.
constexpr std::size_t kPartWork = std::size_t{1} << 15;
constexpr std::size_t kPartValues = std::size_t{1} << 16;

/// What multiplies a weight with rows of activations.
enum class Form {
  kBf16,    // interleaved weights, in bfloat16 tiles
  kA8,      // interleaved quantised weights, int8 products
  kFloat,   // interleaved 16-bit weights, fp32 products
  kMatvec,  // weights in rows, row by row of activations
  kBlocks,  // small F32 weights in rows, rounded to bfloat16 and packed, block by block of activations
  kGemm,    // weights in rows, unpacked to fp32
};

bool is_quantised(DType type) { return type == DType::kQ8_0 || type == DType::kQ4_0; }
std::size_t quantised_index(DType type) { return type == DType::kQ8_0 ? 0 : 1; }
std::size_t index_of(DType type) { return static_cast<std::size_t>(type); }

Form form_of(const Tensor& w, Pass pass, Math math) {
  if (w.layout == Layout::kRows) {
    if (pass == Pass::kDecode) return Form::kMatvec;
    return w.type == DType::kF32 && math == Math::kBF16 && w.size() <= kSmallWeight ? Form::kBlocks : Form::kGemm;
  }
  if (pass == Pass::kPrefill && multiplies_in_bf16(w.type)) return Form::kBf16;
  return is_quantised(w.type) ? Form::kA8 : Form::kFloat;
}

void unpack_and_multiply(const Tensor& w, const float* x, std::size_t rows, float* y, Executor executor) {
  const auto* bytes = static_cast<const std::byte*>(w.data);
  const std::size_t stride = row_bytes(w.type, w.cols);
  executor.threads.parallel_for(w.rows, kPanelRows, [&](std::size_t begin, std::size_t end) {
    Threads here(1);
    std::vector<float> panel(kPanelRows * w.cols);
    for (std::size_t r = begin; r < end; r += kPanelRows) {
      const std::size_t n = std::min(kPanelRows, end - r);
      kernels().dequantize[index_of(w.type)](bytes + r * stride, n * w.cols, panel.data());
      gemm(Transpose::kNo, Transpose::kYes, rows, n, w.cols, x, w.cols, panel.data(), w.cols, 0.0f, y + r, w.rows,
           executor.math, here);
    }
  });
}

}  // namespace

Executor inference_executor(const Weights& weights, Threads& threads, Pass pass) {
  const Tensor& w = weights.wte;
  const bool bf16 = w.layout == Layout::kInterleaved && multiplies_in_bf16(w.type);
  return {threads, bf16 ? Math::kBF16 : Math::kF32, pass};
}

void Input::set(const float* x, std::size_t rows, std::size_t cols) {
  x_ = x;
  rows_ = rows;
  cols_ = cols;
  has_a8_ = has_bf16_ = false;
}

class Multiplication {
 public:
  Multiplication(std::span<const Product> products, Executor executor, const AfterProduct& after)
      : products_(products), executor_(executor), after_(after) {}

  void run() {
    for (std::size_t i = 0; i < products_.size(); ++i) {
      const Product& p = products_[i];
      if (p.in->rows_ == 0 || form(p) != Form::kGemm) continue;
      if (p.w->type == DType::kF32)
        gemm(Transpose::kNo, Transpose::kYes, p.in->rows_, p.w->rows, p.w->cols, p.in->x_, p.w->cols, p.w->f32(),
             p.w->cols, 0.0f, p.y, p.w->rows, executor_.math, executor_.threads);
      else
        unpack_and_multiply(*p.w, p.in->x_, p.in->rows_, p.y, executor_);
    }
    blocks();
    prepare();
    std::size_t work = 0;
    for (const Product& p : products_) {
      if (form(p) == Form::kBlocks) continue;
      const std::size_t multiplications = p.in->rows_ * p.w->size();
      work += form(p) == Form::kBf16 ? multiplications / 8 : multiplications;
    }
    const std::size_t parts = std::clamp<std::size_t>(work / kPartWork, 1, executor_.threads.count());
    executor_.threads.parallel_for(parts, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t part = begin; part < end; ++part) share(part, parts);
    });
  }

 private:
  std::span<const Product> products_;
  Executor executor_;
  const AfterProduct& after_;

  Form form(const Product& p) const { return form_of(*p.w, executor_.pass, executor_.math); }

  /// Products in blocks of rows: each block is packed once for all products that read it.
  void blocks() const {
    struct Block {
      std::size_t product, products, row, rows;  // products that follow one another and share their input
    };
    static thread_local std::vector<Factor> kept;
    std::vector<Factor>& weights = kept;  // the workers' is another
    std::vector<Block> blocks;
    const std::size_t most = rows_of_block(executor_.math, kSmallWeight);
    weights.resize(std::max(weights.size(), products_.size()));
    for (std::size_t i = 0, count; i < products_.size(); i += count) {
      const Product& p = products_[i];
      const auto like = [&](const Product& other) { return other.in == p.in && form(other) == form(p); };
      for (count = 1; i + count < products_.size() && like(products_[i + count]);) ++count;
      if (form(p) != Form::kBlocks) continue;
      for (std::size_t row = 0; row < p.in->rows_; row += most)
        blocks.push_back({i, count, row, std::min(most, p.in->rows_ - row)});
    }
    if (blocks.empty()) return;
    executor_.threads.parallel_for(products_.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const Tensor& w = *products_[i].w;
        if (form(products_[i]) != Form::kBlocks) continue;
        weights[i].reset(Factor::kRight, Factor::kLines, w.rows, w.cols, executor_.math);
        weights[i].set(w.f32(), w.cols);
      }
    });
    executor_.threads.parallel_for(blocks.size(), 1, [&](std::size_t begin, std::size_t end) {
      static thread_local Factor x;
      for (const Block& block : std::span(blocks).subspan(begin, end - begin)) {
        const Input& in = *products_[block.product].in;
        x.reset(Factor::kLeft, Factor::kLines, block.rows, in.cols_, executor_.math);
        x.set(in.x_ + block.row * in.cols_, in.cols_);
        for (std::size_t i = block.product; i < block.product + block.products; ++i) {
          const Product& p = products_[i];
          multiply(x, weights[i], 0.0f, p.y + block.row * p.w->rows, p.w->rows);
          if (after_) after_(i, {block.row, block.row + block.rows, 0, p.w->rows});
        }
      }
    });
  }

  /// Quantises and packs the inputs that want it.
  void prepare() {
    struct Panel {
      Input* in;
      std::size_t index;
      bool a8;
    };
    std::vector<Panel> panels;
    std::size_t values = 0;
    const auto add = [&](Input& in, bool a8) {
      for (std::size_t i = 0; i * Bf16Input::kPanelRows < in.rows_; ++i) panels.push_back({&in, i, a8});
      values += in.rows_ * in.cols_;
    };
    for (const Product& p : products_) {
      Input& in = *p.in;
      const Form f = form(p);
      if ((f == Form::kA8 || (f == Form::kMatvec && is_quantised(p.w->type))) && !in.has_a8_) {
        in.has_a8_ = true;
        in.a8_.resize(std::max(in.a8_.size(), in.rows_ * in.cols_ / 32));
        add(in, true);
      } else if (f == Form::kBf16 && !in.has_bf16_) {
        in.has_bf16_ = true;
        in.bf16_.resize(in.rows_, in.cols_);
        add(in, false);
      }
    }
    const auto pack = [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        Input& in = *panels[i].in;
        if (!panels[i].a8) {
          in.bf16_.pack(in.x_, in.cols_, panels[i].index, panels[i].index + 1);
          continue;
        }
        const std::size_t first = panels[i].index * Bf16Input::kPanelRows;
        const std::size_t rows = std::min(Bf16Input::kPanelRows, in.rows_ - first);
        kernels().quantize_a8(in.x_ + first * in.cols_, rows * in.cols_, &in.a8_[first * (in.cols_ / 32)]);
      }
    };
    executor_.threads.parallel_for(panels.size(),
                                   kPartValues / (values / std::max<std::size_t>(panels.size(), 1) + 1) + 1, pack);
  }

  /// This part's columns of every product.
  void share(std::size_t part, std::size_t parts) const {
    for (std::size_t i = 0; i < products_.size(); ++i) {
      const Product& p = products_[i];
      if (p.in->rows_ == 0 || form(p) == Form::kBlocks) continue;
      const std::size_t groups = p.w->rows / kGroupRows;
      const std::size_t first = groups * part / parts, count = groups * (part + 1) / parts - first;
      const std::size_t begin = first * kGroupRows;
      const std::size_t end = part + 1 == parts ? p.w->rows : begin + count * kGroupRows;
      const Form f = form(p);
      if (f == Form::kMatvec)
        rows(p, begin, end);
      else if (f != Form::kGemm) {
        interleaved(p, f, first, count);
        for (std::size_t r = begin + count * kGroupRows; r < end; ++r) left_over(p, r);
      }
      if (after_ && begin < end) after_(i, {0, p.in->rows_, begin, end});
    }
  }

  static void interleaved(const Product& p, Form f, std::size_t first, std::size_t groups) {
    const Tensor& w = *p.w;
    const Input& in = *p.in;
    float* const y = p.y + first * kGroupRows;
    if (groups == 0) return;
    if (f == Form::kBf16) return multiply_groups(in.bf16_, w.type, w.data, w.cols, first, groups, y, w.rows);
    const void* data = static_cast<const std::byte*>(w.data) + first * kGroupRows * row_bytes(w.type, w.cols);
    if (f == Form::kA8)
      kernels().groups_q[quantised_index(w.type)](data, groups, w.cols, in.a8_.data(), in.rows_, y, w.rows);
    else
      kernels().groups[index_of(w.type) - index_of(DType::kF16)](data, groups, w.cols, in.x_, in.rows_, y, w.rows);
  }

  /// One of the rows that fill no group.
  static void left_over(const Product& p, std::size_t row) {
    const Tensor& w = *p.w;
    std::vector<float> values(w.cols);
    dequantize_row(w.type, w.layout, w.rows, w.cols, w.data, row, values.data());
    for (std::size_t t = 0; t < p.in->rows_; ++t)
      p.y[t * w.rows + row] = kernels().dot(values.data(), p.in->x_ + t * w.cols, w.cols);
  }

  static void rows(const Product& p, std::size_t begin, std::size_t end) {
    const Tensor& w = *p.w;
    const Input& in = *p.in;
    const void* data = static_cast<const std::byte*>(w.data) + begin * row_bytes(w.type, w.cols);
    for (std::size_t t = 0; t < in.rows_; ++t) {
      float* const y = p.y + t * w.rows + begin;
      if (is_quantised(w.type))
        kernels().matvec_q[quantised_index(w.type)](data, end - begin, w.cols, &in.a8_[t * (w.cols / 32)], y);
      else
        kernels().matvec[index_of(w.type)](data, end - begin, w.cols, in.x_ + t * w.cols, y);
    }
  }
};

void multiply(std::span<const Product> products, Executor executor, const AfterProduct& after) {
  Multiplication(products, executor, after).run();
}

}  // namespace eve
