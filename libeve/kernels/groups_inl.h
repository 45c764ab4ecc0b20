// SPDX-License-Identifier: Apache-2.0
// The products of interleaved groups (interleave.h), part of vector_inl.h. A slice is kWidth rows of a group, one in
// each lane; a tile is a few tokens by a few slices whose sums stay in registers. Every output is summed in one order,
// whatever the tile.
//
// The including file defines beside the vectors:
//   kGroupsAtOnce         groups that a tile may span: 2 where one element of x in a register serves two
//   kTileTokens           tokens of a tile at most
//   kFloatOutputs         (token, slice) pairs of a tile at most for F16 and BF16: each takes four vectors of sums,
//   kBlockOutputs         and for Q8_0 and Q4_0: each takes a vector and a Dots
//   set_pair(x)           x[0], x[1], x[0], x[1] ...
//   add_neighbours(a, b)  a[0] + a[1], a[2] + a[3] ... b[0] + b[1] ...
//   low_bf16, high_bf16   the first and the second weight of kWidth pairs
//   Codes<Block>(p, high) the 4 codes of each row of a slice's piece; of Q4_0 the low or the high nibbles
//   Dots<Block>           integer sums of a slice: start(x), add<piece of x>(codes, x), finish(x) as floats

namespace eve {
namespace {

using std::size_t;

constexpr size_t kSlices = kGroupRows / kWidth;
constexpr size_t kPieceBytes = 4 * kGroupRows;
constexpr size_t kSliceBytes = 4 * kWidth;  // of a piece

// The CPU's own prefetchers start anew at every page; asked for this far ahead, memory gives up to half as much again.
constexpr size_t kPrefetchBytes = 8192;
inline void prefetch(const unsigned char* w) { __builtin_prefetch(w + kPrefetchBytes); }

template <size_t i>
struct Index {
  static constexpr size_t value = i;
};
template <class F>
inline void each_of_8(F f) {
  f(Index<0>{}), f(Index<1>{}), f(Index<2>{}), f(Index<3>{}), f(Index<4>{}), f(Index<5>{}), f(Index<6>{}),
      f(Index<7>{});
}

// Where slice s begins, counted from the first of several groups, among `width` bytes for each slice of a group.
inline size_t slice_offset(size_t s, size_t group_bytes, size_t width) {
  return s / kSlices * group_bytes + s % kSlices * width;
}

// Two weights of each row of a slice, times two elements of x, in two sums.
struct TwoVecs {
  Vec first, second;
};
struct PairsF16 {  // as they lie: the pairs of the first rows, of the others
  static TwoVecs weights(const unsigned char* p) {
    return {load_f16(p, Full{}), load_f16(p + kSliceBytes / 2, Full{})};
  }
  static TwoVecs factors(const float* x) { return {set_pair(x), set_pair(x)}; }
  static Vec join(Vec first, Vec second) { return add_neighbours(first, second); }
};
struct PairsBF16 {  // the first of each pair, the second
  static TwoVecs weights(const unsigned char* p) { return {low_bf16(p), high_bf16(p)}; }
  static TwoVecs factors(const float* x) { return {set(x[0]), set(x[1])}; }
  static Vec join(Vec first, Vec second) { return first + second; }
};

template <class Pairs>
struct FloatTile {
  using X = float;
  static constexpr size_t kOutputs = kFloatOutputs;
  static size_t group_bytes(size_t cols) { return kGroupRows * cols * 2; }
  static size_t token_size(size_t cols) { return cols; }  // in X

  template <size_t slices, size_t tokens>
  static void run(const unsigned char* group, size_t slice, size_t cols, const float* x, float* y, size_t ldy) {
    const size_t stride = group_bytes(cols);
    const unsigned char* w = group + slice_offset(slice, stride, kSliceBytes);
    Vec sums[tokens][slices][4];  // two pieces at a time keep enough additions in flight
    for (auto& token : sums)
      for (auto& output : token)
        for (Vec& sum : output) sum = set(0);
    for (size_t c = 0; c < cols; c += 4, w += 2 * kPieceBytes)
      for (size_t s = 0; s < slices; ++s)
        for (size_t i = 0; i < 2; ++i) {
          const unsigned char* const piece = w + i * kPieceBytes + slice_offset(s, stride, kSliceBytes);
          if (s % kSlices == 0) prefetch(piece);
          const TwoVecs ws = Pairs::weights(piece);
          for (size_t t = 0; t < tokens; ++t) {
            const TwoVecs xs = Pairs::factors(x + t * cols + c + 2 * i);
            sums[t][s][2 * i] = fma(ws.first, xs.first, sums[t][s][2 * i]);
            sums[t][s][2 * i + 1] = fma(ws.second, xs.second, sums[t][s][2 * i + 1]);
          }
        }
    for (size_t t = 0; t < tokens; ++t)
      for (size_t s = 0; s < slices; ++s) {
        const Vec(&sum)[4] = sums[t][s];
        store(y + t * ldy + s * kWidth, Pairs::join(sum[0] + sum[2], sum[1] + sum[3]), Full{});
      }
  }
};

template <class Block>
struct BlockTile {
  using X = BlockA8;
  static constexpr size_t kOutputs = kBlockOutputs;
  static size_t group_bytes(size_t cols) { return kGroupRows * cols / 32 * sizeof(Block); }
  static size_t token_size(size_t cols) { return cols / 32; }

  template <size_t slices, size_t tokens>
  static void run(const unsigned char* group, size_t slice, size_t cols, const BlockA8* x, float* y, size_t ldy) {
    const size_t blocks = cols / 32, stride = group_bytes(cols);
    const unsigned char* scales = group + slice_offset(slice, stride, kWidth * 2);
    const unsigned char* w = group + blocks * kGroupRows * 2 + slice_offset(slice, stride, kSliceBytes);
    Vec sums[tokens][slices];
    for (auto& token : sums)
      for (Vec& sum : token) sum = set(0);
    for (size_t b = 0; b < blocks; ++b, scales += kGroupRows * 2, w += kGroupRows * sizeof(Block::q)) {
      Dots<Block> dots[tokens][slices];
      for (size_t t = 0; t < tokens; ++t)
        for (size_t s = 0; s < slices; ++s) dots[t][s].start(x[t * blocks + b]);
      each_of_8([&](auto piece) {
        constexpr size_t p = decltype(piece)::value;  // of x; a piece of Q4_0 holds two
        for (size_t s = 0; s < slices; ++s) {
          const unsigned char* const piece_w =
              w + p % (sizeof(Block::q) / 4) * kPieceBytes + slice_offset(s, stride, kSliceBytes);
          if (s % kSlices == 0 && p < sizeof(Block::q) / 4) prefetch(piece_w);
          const Codes<Block> codes(piece_w, p >= 4);
          for (size_t t = 0; t < tokens; ++t) dots[t][s].template add<p>(codes, x[t * blocks + b]);
        }
      });
      for (size_t s = 0; s < slices; ++s) {
        const Vec scale = load_f16(scales + slice_offset(s, stride, kWidth * 2), Full{});
        for (size_t t = 0; t < tokens; ++t) {
          const BlockA8& xb = x[t * blocks + b];
          sums[t][s] = fma(dots[t][s].finish(xb), scale * set(xb.d), sums[t][s]);
        }
      }
    }
    for (size_t t = 0; t < tokens; ++t)
      for (size_t s = 0; s < slices; ++s) store(y + t * ldy + s * kWidth, sums[t][s], Full{});
  }
};

// How many slices of `tokens` tokens registers hold: a power of two.
constexpr size_t slices_at_once(size_t tokens, size_t outputs, size_t most) {
  size_t slices = most;
  while (slices > 1 && slices * tokens > outputs) slices /= 2;
  return slices;
}

// `groups` groups, 1 or 2, by n <= tokens tokens.
template <class Tile, size_t groups, size_t tokens>
inline void run_tile(size_t n, const unsigned char* w, size_t cols, const typename Tile::X* x, float* y, size_t ldy) {
  if (n == tokens) {
    constexpr size_t slices = slices_at_once(tokens, Tile::kOutputs, groups * kSlices);
    for (size_t s = 0; s < groups * kSlices; s += slices)
      Tile::template run<slices, tokens>(w, s, cols, x, y + s * kWidth, ldy);
  } else if constexpr (tokens > 1) {
    run_tile<Tile, groups, tokens - 1>(n, w, cols, x, y, ldy);
  }
}

template <class Tile, size_t groups>
inline void run_tokens(const unsigned char* w, size_t cols, const typename Tile::X* x, size_t tokens, float* y,
                       size_t ldy) {
  constexpr size_t most = kTileTokens < Tile::kOutputs ? kTileTokens : Tile::kOutputs;
  for (size_t t = 0; t < tokens;) {  // tiles of nearly one size
    const size_t tiles = (tokens - t + most - 1) / most, n = (tokens - t) / tiles;
    run_tile<Tile, groups, most>(n, w, cols, x + t * Tile::token_size(cols), y + t * ldy, ldy);
    t += n;
  }
}

template <class Tile>
void groups(const void* w, size_t count, size_t cols, const typename Tile::X* x, size_t tokens, float* y, size_t ldy) {
  const auto* group = static_cast<const unsigned char*>(w);
  size_t g = 0;
  for (; g + kGroupsAtOnce <= count; g += kGroupsAtOnce, group += kGroupsAtOnce * Tile::group_bytes(cols))
    run_tokens<Tile, kGroupsAtOnce>(group, cols, x, tokens, y + g * kGroupRows, ldy);
  if constexpr (kGroupsAtOnce > 1)
    if (g < count) run_tokens<Tile, 1>(group, cols, x, tokens, y + g * kGroupRows, ldy);
}

}  // namespace
}  // namespace eve
