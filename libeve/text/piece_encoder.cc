// SPDX-License-Identifier: Apache-2.0
#include "text/piece_encoder.h"

#include <algorithm>

#include "base/utf8.h"

namespace eve {
namespace {

constexpr float kUnknownPenalty = 10;

// A part of the text that grows as pairs are joined.
struct Symbol {
  std::uint32_t begin, size;    // size 0 once joined to its left neighbour
  std::int32_t previous, next;  // -1 at the ends
  const PieceTrie::Node* node;  // of its bytes; null when no piece begins with them
  bool frozen;
};

struct Pair {
  float score;
  std::int32_t left;
  std::uint32_t size;  // of the union; when another, the pair is gone
  const PieceTrie::Node* node;

  // Of a heap with the best on top: does this one come after?
  bool operator<(const Pair& other) const { return score < other.score || (score == other.score && left > other.left); }
};

}  // namespace

bool PieceEncoder::add(std::string_view spelling, TokenId id, double score, bool user_defined) {
  if (user_defined) {
    user_scores_.resize(static_cast<std::size_t>(id) + 1, std::numeric_limits<double>::quiet_NaN());
    user_scores_.back() = score;
  } else {
    worst_ = std::min(worst_, static_cast<float>(score));
  }
  return trie_.insert(spelling, id, static_cast<float>(score));
}

void PieceEncoder::encode(std::string_view text, std::vector<TokenId>& ids) const {
  if (text.empty()) return;
  method_ == Method::kUnigram ? encode_unigram(text, ids) : encode_bpe(text, ids);
}

void PieceEncoder::encode_unigram(std::string_view text, std::vector<TokenId>& ids) const {
  // The best way to cut the text that ends at each byte: its last piece.
  struct Best {
    float score = 0;
    std::uint32_t size = 0;  // of the piece; 0: no way found yet
    TokenId id = -1;
  };
  std::vector<Best> best(text.size() + 1);
  const auto offer = [&](std::size_t end, std::size_t size, TokenId id, auto score) {
    Best& known = best[end];
    if (known.size == 0 || score > known.score)
      known = {static_cast<float>(score), static_cast<std::uint32_t>(size), id};
  };
  for (std::size_t begin = 0, character; begin < text.size(); begin += character) {
    character = utf8_at(text, begin).bytes;
    const float before = best[begin].score;
    bool has_piece = false;
    const PieceTrie::Node* node = nullptr;
    for (std::size_t end = begin; end < text.size();) {
      node = trie_.step(node, text[end++]);
      if (node == nullptr) break;
      if (node->id < 0) continue;
      const double score = is_user_defined(node->id) ? user_scores_[static_cast<std::size_t>(node->id)]
                                                     : static_cast<double>(node->score);
      // The library compares the sum in double with what it rounded to float.
      offer(end, end - begin, node->id, score + static_cast<double>(before));
      has_piece |= end - begin == character;
    }
    if (!has_piece) offer(begin + character, character, -1, worst_ - kUnknownPenalty + before);
  }
  const std::size_t first = ids.size();
  for (std::size_t end = text.size(); end > 0; end -= best[end].size)
    ids.insert(ids.end(), best[end].id < 0 ? best[end].size : 1, best[end].id);
  std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end());
}

// Length of the longest user-defined piece that `text` begins with, or 0.
std::size_t PieceEncoder::user_defined_at(std::string_view text) const {
  if (user_scores_.empty()) return 0;
  std::size_t longest = 0;
  const PieceTrie::Node* node = nullptr;
  for (std::size_t end = 0; end < text.size();) {
    node = trie_.step(node, text[end++]);
    if (node == nullptr) break;
    if (is_user_defined(node->id)) longest = end;
  }
  return longest;
}

void PieceEncoder::encode_bpe(std::string_view text, std::vector<TokenId>& ids) const {
  std::vector<Symbol> symbols;
  symbols.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t whole = user_defined_at(text.substr(at));
    const std::size_t size = whole > 0 ? whole : utf8_at(text, at).bytes;
    const auto index = static_cast<std::int32_t>(symbols.size());
    symbols.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size), index - 1,
                       at + size < text.size() ? index + 1 : -1, trie_.walk(nullptr, text.substr(at, size)),
                       whole > 0});
    at += size;
  }
  const auto symbol = [&](std::int32_t index) -> Symbol& { return symbols[static_cast<std::size_t>(index)]; };

  std::vector<Pair> heap;
  heap.reserve(symbols.size());
  // True when the symbol and the next one may be joined; the pair is then the heap's last.
  const auto add_pair = [&](std::int32_t left) {
    if (left < 0 || symbol(left).next < 0) return false;
    const Symbol &a = symbol(left), &b = symbol(a.next);
    if (a.frozen || b.frozen || a.node == nullptr) return false;
    const PieceTrie::Node* node = trie_.walk(a.node, text.substr(b.begin, b.size));
    if (node == nullptr || node->id < 0) return false;
    heap.push_back({node->score, left, a.size + b.size, node});
    return true;
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) add_pair(static_cast<std::int32_t>(i));
  std::make_heap(heap.begin(), heap.end());
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Pair pair = heap.back();
    heap.pop_back();
    Symbol& left = symbol(pair.left);
    if (left.size == 0 || left.next < 0) continue;
    Symbol& right = symbol(left.next);
    if (left.size + right.size != pair.size) continue;
    left.size = pair.size;
    left.node = pair.node;
    left.next = right.next;
    right.size = 0;
    if (left.next >= 0) symbol(left.next).previous = pair.left;
    for (const std::int32_t changed : {left.previous, pair.left})
      if (add_pair(changed)) std::push_heap(heap.begin(), heap.end());
  }
  for (std::int32_t index = 0; index >= 0; index = symbol(index).next) {
    const Symbol& piece = symbol(index);
    const TokenId id = piece.node == nullptr ? -1 : piece.node->id;
    ids.insert(ids.end(), id < 0 ? piece.size : 1, id);
  }
}

}  // namespace eve
