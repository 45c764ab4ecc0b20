// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

#include "eve/error.h"
#include "text/byte_alphabet.h"
#include "text/pretokenizer.h"
#include "text/tokenizer.h"

namespace eve {
namespace {

constexpr std::size_t kMaxTokens = 1'048'576;
// Building the tables is a long row of cache misses; this many of them are asked for ahead.
constexpr std::size_t kAhead = 16;
constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;  // spreads keys over a table: 2^64 / golden ratio
enum Type : std::int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kUnused = 5 };

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw Error(Status::kModel, where + ": " + why);
}

// Ids of the normal tokens by their spelling; open addressing, lives while the tables are built. A spelling of up to
// eight bytes is its own key, so that most look-ups touch one cache line.
class Spellings {
 public:
  explicit Spellings(const std::vector<std::string>& tokens)
      : tokens_(tokens), slots_(std::bit_ceil(tokens.size() * 2)) {}

  // False when the spelling is there already.
  bool insert(TokenId id) {
    const std::string& text = tokens_[static_cast<std::size_t>(id)];
    Slot& slot = slots_[place(text)];
    if (slot.id >= 0) return false;
    slot = {key(text), static_cast<std::uint32_t>(text.size()), id};
    return true;
  }
  TokenId find(std::string_view text) const { return slots_[place(text)].id; }  // -1 when absent
  void prefetch(std::string_view text) const { __builtin_prefetch(&slots_[home(key(text))]); }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t size = 0;
    TokenId id = -1;
  };
  const std::vector<std::string>& tokens_;
  std::vector<Slot> slots_;

  static std::uint64_t key(std::string_view text) {
    std::uint64_t bytes = 0;
    if (text.size() > sizeof bytes) return XXH3_64bits(text.data(), text.size());
    std::memcpy(&bytes, text.data(), text.size());
    return bytes;
  }
  std::size_t home(std::uint64_t key) const {
    return static_cast<std::size_t>((key ^ key >> 32) * kGolden >> 32) & (slots_.size() - 1);
  }
  std::size_t place(std::string_view text) const {
    const std::uint64_t wanted = key(text);
    for (std::size_t at = home(wanted);; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.id < 0) return at;
      if (slot.key != wanted || slot.size != text.size()) continue;
      if (text.size() <= sizeof wanted || tokens_[static_cast<std::size_t>(slot.id)] == text) return at;
    }
  }
};

// (left id, right id) -> rank and id of the merged token.
class Merges {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Entry {
    TokenId left = -1, right = -1;
    std::uint32_t rank = kNone;
    TokenId merged = -1;
  };

  void reserve(std::size_t count) {
    slots_.resize(std::bit_ceil(count * 2 + 2));  // never full, at least two
    shift_ = 64 - std::countr_zero(slots_.size());
  }
  // False when the pair is there already.
  bool insert(const Entry& entry) {
    Entry& slot = slots_[place(entry.left, entry.right)];
    if (slot.rank != kNone) return false;
    slot = entry;
    return true;
  }
  void prefetch(const Entry& entry) const { __builtin_prefetch(&slots_[home(entry.left, entry.right)]); }
  // The entry of the pair; its rank is kNone when the pair does not merge.
  const Entry& find(TokenId left, TokenId right) const { return slots_[place(left, right)]; }
  const std::vector<Entry>& slots() const { return slots_; }

 private:
  std::vector<Entry> slots_;
  int shift_ = 63;

  std::size_t home(TokenId left, TokenId right) const {
    const auto key = static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
    return static_cast<std::size_t>(key * kGolden >> shift_);
  }
  std::size_t place(TokenId left, TokenId right) const {
    std::size_t at = home(left, right);
    while (slots_[at].rank != kNone && (slots_[at].left != left || slots_[at].right != right)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }
};

class Bpe final : public Tokenizer {
 public:
  Bpe(std::vector<std::string> tokens, std::vector<std::int32_t> types, const std::vector<std::string>& merges,
      std::optional<TokenId> end_of_text, const std::string& where)
      : tokens_(std::move(tokens)), types_(std::move(types)), end_of_text_(end_of_text) {
    if (tokens_.empty() || tokens_.size() > kMaxTokens) {
      refuse(where, "a vocabulary of " + std::to_string(tokens_.size()) + " tokens (1 to 1048576 are possible)");
    }
    if (types_.empty()) types_.assign(tokens_.size(), kNormal);
    if (types_.size() != tokens_.size()) refuse(where, "token types and tokens differ in number");
    if (end_of_text_) {
      if (*end_of_text_ < 0 || static_cast<std::size_t>(*end_of_text_) >= tokens_.size()) {
        refuse(where, "end of text " + std::to_string(*end_of_text_) + " is not a token");
      }
      types_[static_cast<std::size_t>(*end_of_text_)] = kControl;
    }
    Spellings spellings(tokens_);
    add_tokens(spellings, where);
    add_merges(spellings, merges, where);
  }

  std::vector<TokenId> encode(std::string_view text) const override {
    if (text.size() > std::numeric_limits<std::int32_t>::max()) throw Error(Status::kInput, "text of more than 2 GiB");
    std::vector<TokenId> ids;
    ids.reserve(text.size() / 3);
    Scratch scratch;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = gpt2_piece_end(text, at);
      encode_piece(text.substr(at, end - at), scratch, ids);
      at = end;
    }
    return ids;
  }

  std::string_view bytes(TokenId id) const override {
    if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) return {};
    const std::size_t begin = offsets_[static_cast<std::size_t>(id)], end = offsets_[static_cast<std::size_t>(id) + 1];
    return std::string_view(bytes_).substr(begin, end - begin);
  }
  std::size_t size() const override { return tokens_.size(); }
  bool is_text(TokenId id) const override { return !bytes(id).empty(); }
  std::optional<TokenId> end_of_text() const override { return end_of_text_; }

  Export exported() const override {
    Export out;
    out.model = "gpt2";
    out.tokens = tokens_;
    out.types = types_;
    out.merges.resize(merge_count_);
    for (const auto& entry : merges_.slots()) {
      if (entry.rank == Merges::kNone) continue;
      out.merges[entry.rank] =
          tokens_[static_cast<std::size_t>(entry.left)] + " " + tokens_[static_cast<std::size_t>(entry.right)];
    }
    return out;
  }

 private:
  struct Symbol {
    TokenId id;  // -1 once merged into its left neighbour
    std::int32_t previous, next;
    std::uint32_t rank;  // of the pair with the next symbol
    TokenId merged;      // what that pair becomes
  };
  struct Scratch {
    std::vector<Symbol> symbols;
    std::vector<std::uint64_t> heap;  // rank << 32 | position: lowest rank first, leftmost on ties
  };

  std::vector<std::string> tokens_;  // as spelled in the vocabulary
  std::vector<std::int32_t> types_;
  std::optional<TokenId> end_of_text_;
  std::string bytes_;                   // of all tokens, one behind the other
  std::vector<std::uint32_t> offsets_;  // [size + 1] into bytes_
  std::array<TokenId, 256> byte_ids_{};
  Merges merges_;
  std::size_t merge_count_ = 0;

  void add_tokens(Spellings& spellings, const std::string& where) {
    byte_ids_.fill(-1);
    offsets_.reserve(tokens_.size() + 1);
    offsets_.push_back(0);
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (i + kAhead < tokens_.size()) spellings.prefetch(tokens_[i + kAhead]);
      const auto id = static_cast<TokenId>(i);
      if (types_[i] == kNormal) {
        if (!append_spelled_bytes(tokens_[i], bytes_)) {
          refuse(where, "token " + std::to_string(i) + " is not spelled in GPT-2's byte alphabet");
        }
        if (!spellings.insert(id)) refuse(where, "token " + std::to_string(i) + " is there twice");
        if (bytes_.size() > std::numeric_limits<std::uint32_t>::max()) refuse(where, "tokens of more than 4 GiB");
        const std::size_t begin = offsets_.back();
        if (bytes_.size() == begin + 1) byte_ids_[static_cast<std::uint8_t>(bytes_[begin])] = id;
      } else if (types_[i] != kUnknown && types_[i] != kControl && types_[i] != kUnused) {
        // Such tokens are matched in the text before anything else, which this tokenizer does not do.
        refuse(where, "token " + std::to_string(i) + " has type " + std::to_string(types_[i]) +
                          "; normal, unknown, control and unused ones are supported");
      }
      offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (byte_ids_[byte] < 0) refuse(where, "no token for byte " + std::to_string(byte));
    }
  }

  void add_merges(const Spellings& spellings, const std::vector<std::string>& merges, const std::string& where) {
    if (merges.size() >= Merges::kNone) refuse(where, "too many merges");
    const auto wrong = [&](std::size_t rank, const char* why) {
      refuse(where, "merge " + std::to_string(rank) + " " + why);
    };
    std::vector<Merges::Entry> entries(merges.size());
    std::string result;
    std::size_t merged = 0;
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
      if (rank + kAhead < merges.size()) {
        const auto [left, right] = parts(merges[rank + kAhead]);
        spellings.prefetch(left);
        spellings.prefetch(right);
      }
      const auto [left, right] = parts(merges[rank]);
      if (left.empty() || right.empty() || right.find(' ') != right.npos) wrong(rank, "does not have two parts");
      result.assign(left).append(right);
      // Vocabularies list the results in the order of the merges, so the next one is usually the one behind.
      const std::size_t guess = merged + 1;
      const bool guessed = guess < tokens_.size() && types_[guess] == kNormal && tokens_[guess] == result;
      Merges::Entry& entry = entries[rank];
      entry = {spellings.find(left), spellings.find(right), static_cast<std::uint32_t>(rank),
               guessed ? static_cast<TokenId>(guess) : spellings.find(result)};
      if (entry.left < 0 || entry.right < 0) wrong(rank, "has a part that is not a token");
      if (entry.merged < 0) wrong(rank, "gives something that is not a token");
      merged = static_cast<std::size_t>(entry.merged);
    }
    merges_.reserve(merges.size());
    for (std::size_t rank = 0; rank < entries.size(); ++rank) {
      if (rank + kAhead < entries.size()) merges_.prefetch(entries[rank + kAhead]);
      if (!merges_.insert(entries[rank])) wrong(rank, "is there twice");
    }
    merge_count_ = merges.size();
  }
  static std::pair<std::string_view, std::string_view> parts(std::string_view merge) {
    const std::size_t space = std::min(merge.find(' '), merge.size());
    return {merge.substr(0, space), merge.substr(std::min(space + 1, merge.size()))};
  }

  // Sets rank and result of the pair that starts at `at`; true when it can merge.
  bool look_up(std::vector<Symbol>& symbols, std::int32_t at) const {
    Symbol& symbol = symbols[static_cast<std::size_t>(at)];
    symbol.rank = Merges::kNone;
    if (symbol.next < 0) return false;
    const auto& entry = merges_.find(symbol.id, symbols[static_cast<std::size_t>(symbol.next)].id);
    symbol.rank = entry.rank;
    symbol.merged = entry.merged;
    return entry.rank != Merges::kNone;
  }

  // Repeatedly merges the adjacent pair of lowest rank, leftmost on ties. A heap entry whose rank is no longer that of
  // the pair at its position is stale.
  void encode_piece(std::string_view piece, Scratch& scratch, std::vector<TokenId>& ids) const {
    auto& symbols = scratch.symbols;
    auto& heap = scratch.heap;
    const auto n = static_cast<std::int32_t>(piece.size());
    symbols.resize(piece.size());
    for (std::int32_t i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      symbols[at] = {byte_ids_[static_cast<std::uint8_t>(piece[at])], i - 1, i + 1 < n ? i + 1 : -1, Merges::kNone, -1};
    }
    const auto entry = [&](std::int32_t at) {
      return static_cast<std::uint64_t>(symbols[static_cast<std::size_t>(at)].rank) << 32 |
             static_cast<std::uint32_t>(at);
    };
    heap.clear();
    for (std::int32_t i = 0; i < n; ++i) {
      if (look_up(symbols, i)) heap.push_back(entry(i));
    }
    std::make_heap(heap.begin(), heap.end(), std::greater<>());
    while (!heap.empty()) {
      std::pop_heap(heap.begin(), heap.end(), std::greater<>());
      const auto rank = static_cast<std::uint32_t>(heap.back() >> 32);
      const auto at = static_cast<std::int32_t>(heap.back());
      heap.pop_back();
      Symbol& symbol = symbols[static_cast<std::size_t>(at)];
      if (symbol.id < 0 || symbol.rank != rank) continue;
      Symbol& right = symbols[static_cast<std::size_t>(symbol.next)];
      symbol.id = symbol.merged;
      symbol.next = right.next;
      right.id = -1;
      if (symbol.next >= 0) symbols[static_cast<std::size_t>(symbol.next)].previous = at;
      for (const std::int32_t changed : {symbol.previous, at}) {
        if (changed < 0 || !look_up(symbols, changed)) continue;
        heap.push_back(entry(changed));
        std::push_heap(heap.begin(), heap.end(), std::greater<>());
      }
    }
    for (std::int32_t i = 0; i >= 0; i = symbols[static_cast<std::size_t>(i)].next) {
      ids.push_back(symbols[static_cast<std::size_t>(i)].id);
    }
  }
};

}  // namespace

std::unique_ptr<Tokenizer> bpe_from_arrays(std::vector<std::string> tokens, std::vector<std::int32_t> types,
                                           std::vector<std::string> merges, std::optional<TokenId> end_of_text,
                                           const std::string& where) {
  return std::make_unique<Bpe>(std::move(tokens), std::move(types), merges, end_of_text, where);
}

}  // namespace eve
