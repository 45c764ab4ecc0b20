// SPDX-License-Identifier: Apache-2.0
#include "text/bpe_tables.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "eve/error.h"
#include "text/byte_alphabet.h"
#include "text/tokenizer.h"

namespace eve {
namespace {

constexpr std::size_t kMaxTokens = 1'048'576;
// Building the tables is a long row of cache misses; this many of them are asked for ahead.
constexpr std::size_t kAhead = 16;
constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;  // spreads keys over a table: 2^64 / golden ratio

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw Error(Status::kModel, where + ": " + why);
}

bool is_known(std::int32_t type) {
  return type == kBpeNormal || type == kBpeUnknown || type == kBpeControl || type == kBpeUnused;
}

void check_number(std::size_t tokens, const std::string& where) {
  if (tokens == 0 || tokens > kMaxTokens)
    refuse(where, "a vocabulary of " + std::to_string(tokens) + " tokens (1 to 1048576 are possible)");
}

// Ids of the normal tokens by their spelling; open addressing, lives while the tables are built. A spelling of up to
// eight bytes is its own key, so that most look-ups touch one cache line.
class Spellings {
 public:
  explicit Spellings(const std::vector<std::string_view>& tokens)
      : tokens_(tokens), slots_(std::bit_ceil(tokens.size() * 2)) {}

  // False when the spelling is there already.
  bool insert(TokenId id) {
    const std::string_view text = tokens_[static_cast<std::size_t>(id)];
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
  const std::vector<std::string_view>& tokens_;
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

// Do the numbers not descend, and end at `end`?
bool ascends_to(U32View ends, std::size_t end) {
  std::uint32_t last = 0;
  bool ascends = true;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    ascends &= ends[i] >= last;
    last = ends[i];
  }
  return ascends && last == end;
}

bool all_below(U32View numbers, std::size_t limit) {
  std::uint32_t highest = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) highest = std::max(highest, numbers[i]);
  return numbers.size() == 0 || highest < limit;
}

struct Merge {
  std::uint32_t left, right, result, rank;
};

std::pair<std::string_view, std::string_view> parts(std::string_view merge) {
  const std::size_t space = std::min(merge.find(' '), merge.size());
  return {merge.substr(0, space), merge.substr(std::min(space + 1, merge.size()))};
}

std::vector<Merge> parse_merges(const std::vector<std::string_view>& tokens, const std::vector<std::int32_t>& types,
                                const Spellings& spellings, const std::vector<std::string_view>& merges,
                                const std::string& where) {
  if (merges.size() > std::numeric_limits<std::uint32_t>::max()) refuse(where, "too many merges");
  std::vector<Merge> found(merges.size());
  std::string result;
  std::size_t last = 0;
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const auto wrong = [&](const char* why) { refuse(where, "merge " + std::to_string(rank) + " " + why); };
    if (rank + kAhead < merges.size()) {
      const auto [left, right] = parts(merges[rank + kAhead]);
      spellings.prefetch(left);
      spellings.prefetch(right);
    }
    const auto [left, right] = parts(merges[rank]);
    if (left.empty() || right.empty() || right.find(' ') != right.npos) wrong("does not have two parts");
    result.assign(left).append(right);
    // Vocabularies list the results in the order of the merges, so the next one is usually the one behind.
    const std::size_t guess = last + 1;
    const bool guessed = guess < tokens.size() && types[guess] == kBpeNormal && tokens[guess] == result;
    const TokenId ids[] = {spellings.find(left), spellings.find(right),
                           guessed ? static_cast<TokenId>(guess) : spellings.find(result)};
    if (ids[0] < 0 || ids[1] < 0) wrong("has a part that is not a token");
    if (ids[2] < 0) wrong("gives something that is not a token");
    last = static_cast<std::size_t>(ids[2]);
    found[rank] = {static_cast<std::uint32_t>(ids[0]), static_cast<std::uint32_t>(ids[1]),
                   static_cast<std::uint32_t>(ids[2]), static_cast<std::uint32_t>(rank)};
  }
  return found;
}

}  // namespace

std::optional<std::size_t> BpeTables::find_merge(std::size_t left, std::size_t right) const {
  std::size_t first = first_merge(left), last = merge_ends[left];
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    if (rights[middle] < right)
      first = middle + 1;
    else
      last = middle;
  }
  if (first == merge_ends[left] || rights[first] != right) return std::nullopt;
  const std::string_view a = token(left), b = token(right), whole = token(results[first]);
  if (whole.size() != a.size() + b.size() || !whole.starts_with(a) || !whole.ends_with(b) || !is_normal(results[first]))
    return std::nullopt;
  return first;
}

void BpeTables::check(const std::string& where) const {
  check_number(tokens(), where);
  if (types.size() != tokens() || merge_ends.size() != tokens() || results.size() != merges() ||
      ranks.size() != merges())
    refuse(where, "the tables of the tokenizer are not of one size");
  if (!std::ranges::all_of(types, [](char type) { return is_known(type); }))
    refuse(where, "a token has a type other than normal, unknown, control and unused");
  if (!ascends_to(ends, bytes.size()) || !ascends_to(merge_ends, merges()) || !all_below(rights, tokens()) ||
      !all_below(results, tokens()) || !all_below(ranks, merges()))
    refuse(where, "a table of the tokenizer points outside another");
}

BpeTables OwnBpeTables::view() const {
  return {bytes, U32View(ends), types, U32View(merge_ends), U32View(rights), U32View(results), U32View(ranks)};
}

OwnBpeTables OwnBpeTables::make(const std::vector<std::string_view>& tokens, const std::vector<std::int32_t>& types,
                                const std::vector<std::string_view>& merges, const std::string& where) {
  check_number(tokens.size(), where);
  if (types.size() != tokens.size()) refuse(where, "token types and tokens differ in number");
  OwnBpeTables out;
  Spellings spellings(tokens);
  out.ends.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (id + kAhead < tokens.size()) spellings.prefetch(tokens[id + kAhead]);
    if (!is_known(types[id]))
      refuse(where, "token " + std::to_string(id) + " has type " + std::to_string(types[id]) +
                        "; normal, unknown, control and unused ones are supported");
    if (types[id] != kBpeNormal) {
      out.bytes += tokens[id];
    } else {
      if (!append_spelled_bytes(tokens[id], out.bytes))
        refuse(where, "token " + std::to_string(id) + " is not spelled in GPT-2's byte alphabet");
      if (!spellings.insert(static_cast<TokenId>(id))) refuse(where, "token " + std::to_string(id) + " is there twice");
    }
    if (out.bytes.size() > std::numeric_limits<std::uint32_t>::max()) refuse(where, "tokens of more than 4 GiB");
    out.ends.push_back(static_cast<std::uint32_t>(out.bytes.size()));
    out.types.push_back(static_cast<char>(types[id]));
  }
  std::vector<Merge> list = parse_merges(tokens, types, spellings, merges, where);
  std::ranges::sort(list, {}, [](const Merge& m) { return std::pair(std::pair(m.left, m.right), m.rank); });
  out.merge_ends.assign(tokens.size(), 0);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0 && list[i].left == list[i - 1].left && list[i].right == list[i - 1].right)
      refuse(where, "merge " + std::to_string(list[i].rank) + " is there twice");
    ++out.merge_ends[list[i].left];
    out.rights.push_back(list[i].right);
    out.results.push_back(list[i].result);
    out.ranks.push_back(list[i].rank);
  }
  std::partial_sum(out.merge_ends.begin(), out.merge_ends.end(), out.merge_ends.begin());
  return out;
}

}  // namespace eve
