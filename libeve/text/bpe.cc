// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <utility>

#include "eve/error.h"
#include "text/bpe_tables.h"
#include "text/byte_alphabet.h"
#include "text/pretokenizer.h"
#include "text/tokenizer.h"

namespace eve {
namespace {

constexpr std::uint32_t kNoMerge = std::numeric_limits<std::uint32_t>::max();

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw Error(Status::kModel, where + ": " + why);
}

class Bpe final : public Tokenizer {
 public:
  /// Of tables that are made, or of those that lie elsewhere.
  Bpe(OwnBpeTables made, std::optional<TokenId> end_of_text, const std::string& where)
      : made_(std::move(made)), tables_(made_.view()), end_of_text_(end_of_text) {
    find_bytes(where);
  }
  Bpe(const BpeTables& tables, std::optional<TokenId> end_of_text, const std::string& where)
      : tables_(tables), end_of_text_(end_of_text) {
    tables_.check(where);
    find_bytes(where);
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
    const auto at = static_cast<std::size_t>(id);  // beyond when negative
    return at < tables_.tokens() && tables_.is_normal(at) ? tables_.token(at) : std::string_view();
  }
  std::size_t size() const override { return tables_.tokens(); }
  bool is_text(TokenId id) const override { return !bytes(id).empty(); }
  std::optional<TokenId> end_of_text() const override { return end_of_text_; }

  Export exported() const override {
    Export out;
    out.model = "gpt2";
    out.tables = tables_;
    out.tokens.resize(tables_.tokens());
    for (std::size_t id = 0; id < tables_.tokens(); ++id) {
      out.types.push_back(tables_.types[id]);
      if (tables_.is_normal(id))
        append_spelling(tables_.token(id), out.tokens[id]);
      else
        out.tokens[id] = tables_.token(id);
    }
    out.merges.resize(tables_.merges());
    for (std::size_t left = 0; left < tables_.tokens(); ++left)
      for (std::size_t at = tables_.first_merge(left); at < tables_.merge_ends[left]; ++at)
        out.merges[tables_.ranks[at]] = out.tokens[left] + " " + out.tokens[tables_.rights[at]];
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

  OwnBpeTables made_;
  BpeTables tables_;
  std::optional<TokenId> end_of_text_;
  std::array<TokenId, 256> byte_ids_{};

  void find_bytes(const std::string& where) {
    if (end_of_text_) {
      const auto end = static_cast<std::size_t>(*end_of_text_);  // beyond when negative
      if (end >= tables_.tokens()) refuse(where, "end of text " + std::to_string(*end_of_text_) + " is not a token");
      if (tables_.is_normal(end)) refuse(where, "the end of text is a normal token");
    }
    byte_ids_.fill(-1);
    for (std::size_t id = 0; id < tables_.tokens(); ++id) {
      const std::string_view token = tables_.token(id);
      if (token.size() == 1 && tables_.is_normal(id))
        byte_ids_[static_cast<std::uint8_t>(token[0])] = static_cast<TokenId>(id);
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (byte_ids_[byte] < 0) refuse(where, "no token for byte " + std::to_string(byte));
    }
  }

  // Sets rank and result of the pair that starts at `at`; true when it can merge.
  bool look_up(std::vector<Symbol>& symbols, std::int32_t at) const {
    Symbol& symbol = symbols[static_cast<std::size_t>(at)];
    symbol.rank = kNoMerge;
    if (symbol.next < 0) return false;
    const auto found = tables_.find_merge(static_cast<std::size_t>(symbol.id),
                                          static_cast<std::size_t>(symbols[static_cast<std::size_t>(symbol.next)].id));
    if (!found) return false;
    symbol.rank = tables_.ranks[*found];
    symbol.merged = static_cast<TokenId>(tables_.results[*found]);
    return true;
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
      symbols[at] = {byte_ids_[static_cast<std::uint8_t>(piece[at])], i - 1, i + 1 < n ? i + 1 : -1, kNoMerge, -1};
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

std::unique_ptr<Tokenizer> bpe_from_arrays(const std::vector<std::string_view>& tokens, std::vector<std::int32_t> types,
                                           const std::vector<std::string_view>& merges,
                                           std::optional<TokenId> end_of_text, const std::string& where) {
  if (types.empty()) types.assign(tokens.size(), kBpeNormal);
  if (end_of_text && *end_of_text >= 0 && static_cast<std::size_t>(*end_of_text) < types.size())
    types[static_cast<std::size_t>(*end_of_text)] = kBpeControl;
  return std::make_unique<Bpe>(OwnBpeTables::make(tokens, types, merges, where), end_of_text, where);
}

std::unique_ptr<Tokenizer> bpe_from_tables(const BpeTables& tables, std::optional<TokenId> end_of_text,
                                           const std::string& where) {
  return std::make_unique<Bpe>(tables, end_of_text, where);
}

}  // namespace eve
