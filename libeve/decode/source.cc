// SPDX-License-Identifier: Apache-2.0
#include "decode/source.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>

#include "base/utf8.h"
#include "eve/error.h"

namespace eve {
namespace {

enum Place : std::uint8_t { kStart = 1, kEnd = 2, kWordStart = 4, kWordEnd = 8 };

enum class Class : std::uint8_t { kSpace, kLetter, kDigit, kOther };

/// Letters of scripts that are written without spaces stand for words of their own.
bool is_spaceless(std::uint32_t c) {
  return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) ||
         (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0xF900 && c <= 0xFAFF) || c >= 0x20000;
}

Class class_of(std::uint32_t c) {
  if (c == '_') return Class::kLetter;
  if ((c >= 9 && c <= 13) || c == 0x85) return Class::kSpace;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return Class::kSpace;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return is_spaceless(c) ? Class::kOther : Class::kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Class::kDigit;
    default:
      return Class::kOther;
  }
}

/// How a byte stands in a JSON string: itself (one byte) or an escape.
std::string json_form(std::uint8_t byte) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t", kLetter = "\"\\bfnrt";
  const std::size_t at = kShort.find(static_cast<char>(byte));
  if (at != std::string_view::npos) return {'\\', kLetter[at]};
  if (byte >= 0x20 && byte != 0x7F) return {static_cast<char>(byte)};
  return {'\\', 'u', '0', '0', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
}

const std::array<std::string, 256>& json_forms() {
  static const std::array<std::string, 256> forms = [] {
    std::array<std::string, 256> out;
    for (std::size_t byte = 0; byte < 256; ++byte) out[byte] = json_form(static_cast<std::uint8_t>(byte));
    return out;
  }();
  return forms;
}

}  // namespace

/// What the recogniser of one form knows.
struct Source::Index {
  std::vector<std::uint32_t> order;    // places where a span may begin, by the text that follows
  std::vector<std::uint32_t> to_end;   // [bytes + 1] source bytes to the next end of a span; kDead: none
  std::vector<std::uint32_t> written;  // [bytes + 1] the same as written
  std::map<Span, State> ids;
  std::vector<Span> states;
  std::vector<std::uint32_t> distance;
};

Source::~Source() = default;

Source::Source(std::string text) : text_(std::move(text)) {
  if (text_.size() >= kDead / 4) throw Error(Status::kInput, "a source text is too long");
  const std::size_t n = text_.size();
  symbols_.assign(n + 1, 0);
  places_.assign(n + 1, 0);
  Class before = Class::kSpace;
  for (std::size_t at = 0;;) {
    CodePoint point{CodePoint::kInvalid, 1};
    if (at < n) point = utf8_at(text_, at);
    const bool white = point.value == '\n' || point.value == '\r' || point.value == '\t';
    const bool usable = point.value != CodePoint::kInvalid && (white || !is_unsafe_on_terminal(point.value));
    const Class type = usable ? class_of(point.value) : Class::kSpace;
    const bool inside = type == before && (type == Class::kLetter || type == Class::kDigit);
    if (usable && type != Class::kSpace) places_[at] |= static_cast<std::uint8_t>(kStart | (inside ? 0 : kWordStart));
    if (before != Class::kSpace) places_[at] |= static_cast<std::uint8_t>(kEnd | (inside ? 0 : kWordEnd));
    if (at >= n) break;
    if (usable)
      for (std::size_t i = 0; i < point.bytes; ++i)
        symbols_[at + i] = static_cast<std::uint16_t>(static_cast<std::uint8_t>(text_[at + i]) + 1);
    before = type;
    at += point.bytes;
  }
}

void Source::sort_suffixes() {
  // Prefix doubling (Manber and Myers 1990), until all differ or as far as spans may reach.
  const std::size_t n = symbols_.size();
  std::vector<std::uint32_t> order(n), fresh(n);
  std::iota(order.begin(), order.end(), 0u);
  rank_.assign(symbols_.begin(), symbols_.end());
  for (std::size_t step = 1; step < n * 2; step *= 2) {
    const auto key = [&](std::uint32_t at) {
      return std::uint64_t{rank_[at]} << 32 | (at + step / 2 < n && step > 1 ? rank_[at + step / 2] + 1 : 0);
    };
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    std::uint32_t last = 0;
    bool all_differ = true;
    for (std::size_t i = 0; i < n; ++i) {
      if (i > 0 && key(order[i]) == key(order[i - 1]))
        all_differ = false;
      else
        last = static_cast<std::uint32_t>(i);
      fresh[order[i]] = last;
    }
    rank_.swap(fresh);
    if (all_differ) break;
  }
}

Source::Index& Source::index(const SpanForm& form) {
  for (auto& [known, index] : indexes_)
    if (known == form) return *index;
  if (rank_.empty()) sort_suffixes();
  Index& out = *indexes_.emplace_back(form, std::make_unique<Index>()).second;
  const std::size_t n = text_.size();
  const Place start = form.words ? kWordStart : Place::kStart, end = form.words ? kWordEnd : Place::kEnd;
  for (std::uint32_t at = 0; at < n; ++at)
    if (places_[at] & start) out.order.push_back(at);
  std::sort(out.order.begin(), out.order.end(), [&](std::uint32_t a, std::uint32_t b) { return rank_[a] < rank_[b]; });
  out.to_end.assign(n + 1, kDead);
  out.written.assign(n + 1, kDead);
  for (std::size_t at = n + 1; at-- > 0;) {
    if (places_[at] & end) {
      out.to_end[at] = out.written[at] = 0;
    } else if (symbols_[at] != 0 && out.to_end[at + 1] != kDead) {
      out.to_end[at] = out.to_end[at + 1] + 1;
      const auto byte = static_cast<std::uint8_t>(symbols_[at] - 1);
      out.written[at] = out.written[at + 1] + (form.json ? static_cast<std::uint32_t>(json_forms()[byte].size()) : 1);
    }
  }
  state_of(form, out, {0, static_cast<std::uint32_t>(out.order.size()), 0, {}});
  return out;
}

/// Fewest written bytes from a span so far to the end of a longer one; kDead: none.
std::uint32_t Source::shortest(const SpanForm& form, const Index& index, const Span& span) const {
  std::uint32_t best = kDead;
  for (std::uint32_t i = span.low; i < span.high && best > 0; ++i) {
    std::size_t at = index.order[i] + span.depth;
    std::uint32_t rest = 0, read = span.depth;
    // A span is not empty, and a byte that is begun is written to its end.
    if (span.depth == 0 || !span.escape.empty()) {
      if (symbols_[at] == 0) continue;
      const std::string_view written = form.json ? json_forms()[symbols_[at] - 1u] : std::string_view("?");
      if (!written.starts_with(span.escape)) continue;
      rest = static_cast<std::uint32_t>(written.size() - span.escape.size());
      ++at, ++read;
    }
    if (index.to_end[at] == kDead || read + index.to_end[at] > form.max_bytes) continue;
    best = std::min(best, rest + index.written[at]);
  }
  return best;
}

Source::State Source::state_of(const SpanForm& form, Index& index, Span span) {
  const auto found = index.ids.find(span);
  if (found != index.ids.end()) return found->second;
  const std::uint32_t distance = shortest(form, index, span);
  const bool dead = distance == kDead && !index.states.empty();
  const State state = dead ? kDead : static_cast<State>(index.states.size());
  index.ids.emplace(span, state);
  if (!dead) {
    index.states.push_back(std::move(span));
    index.distance.push_back(distance);
  }
  return state;
}

Source::State Source::next(const SpanForm& form, State state, std::uint8_t byte) {
  Index& index = this->index(form);
  Span span = index.states[state];
  std::string escape;
  std::uint16_t wanted = static_cast<std::uint16_t>(byte + 1);
  if (form.json) {
    escape = span.escape + static_cast<char>(byte);
    wanted = 0;
    bool begun = false;
    for (std::size_t b = 0; b < 256; ++b) {
      if (json_forms()[b] == escape) wanted = static_cast<std::uint16_t>(b + 1);
      begun = begun || json_forms()[b].starts_with(escape);
    }
    if (wanted == 0) {
      if (!begun) return kDead;
      span.escape = std::move(escape);
      return state_of(form, index, std::move(span));
    }
    span.escape.clear();
  }
  span = narrowed(index, span, wanted);
  return span.low == span.high ? kDead : state_of(form, index, std::move(span));
}

Source::Span Source::narrowed(const Index& index, const Span& span, std::uint16_t symbol) const {
  const auto first = index.order.begin() + span.low, last = index.order.begin() + span.high;
  const auto at = [&](std::uint32_t start) { return symbols_[start + span.depth]; };
  const auto low = std::lower_bound(first, last, symbol, [&](std::uint32_t s, std::uint16_t w) { return at(s) < w; });
  const auto high = std::upper_bound(low, last, symbol, [&](std::uint16_t w, std::uint32_t s) { return w < at(s); });
  return {static_cast<std::uint32_t>(low - index.order.begin()),
          static_cast<std::uint32_t>(high - index.order.begin()),
          span.depth + 1,
          {}};
}

const Source::Span& Source::span(const SpanForm& form, State state) { return index(form).states[state]; }

void Source::successors(const SpanForm& form, const Span& span, std::vector<std::pair<std::uint8_t, Span>>& out) {
  const Index& index = this->index(form);
  out.clear();
  for (std::uint32_t i = span.low; i < span.high;) {
    const std::uint16_t symbol = symbols_[index.order[i] + span.depth];
    Span next = span.high - i == 1 ? Span{i, span.high, span.depth + 1, {}}
                                   : narrowed(index, {i, span.high, span.depth, {}}, symbol);
    i = next.high;
    if (symbol == 0) continue;
    const auto byte = static_cast<std::uint8_t>(symbol - 1);
    const std::string& written = json_forms()[byte];
    if (!form.json || (written.size() == 1 && span.escape.empty())) {
      out.emplace_back(byte, std::move(next));
    } else if (written.size() > span.escape.size() && written.starts_with(span.escape)) {
      const auto follows = static_cast<std::uint8_t>(written[span.escape.size()]);
      if (written.size() == span.escape.size() + 1)
        out.emplace_back(follows, std::move(next));
      else if (std::ranges::none_of(out, [&](const auto& o) { return o.first == follows; }))
        out.emplace_back(follows, Span{span.low, span.high, span.depth, span.escape + static_cast<char>(follows)});
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

std::uint32_t Source::distance(const SpanForm& form, const Span& span) { return shortest(form, index(form), span); }

bool Source::accepts(const SpanForm& form, State state) { return distance(form, state) == 0; }
std::uint32_t Source::distance(const SpanForm& form, State state) { return index(form).distance[state]; }

std::vector<std::size_t> Source::find(std::string_view span, bool words, std::size_t limit) const {
  std::vector<std::size_t> out;
  const Place start = words ? kWordStart : Place::kStart, end = words ? kWordEnd : Place::kEnd;
  if (span.empty()) return out;
  for (std::size_t at = text_.find(span); at != std::string::npos && out.size() < limit; at = text_.find(span, at + 1))
    if ((places_[at] & start) && (places_[at + span.size()] & end)) out.push_back(at);
  return out;
}

}  // namespace eve
