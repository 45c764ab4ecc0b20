// SPDX-License-Identifier: Apache-2.0
#include "route/features.h"

#include <utf8proc.h>
#include <xxhash.h>

#include <algorithm>

#include "base/utf8.h"

namespace eve::route {

namespace {

constexpr std::size_t kDistance = 3, kShortest = 3, kLongest = 5, kDigits = 4;

enum Kind : std::uint64_t { kWord, kPair, kCharacters = kPair + kDistance };

std::uint32_t hash(std::string_view text, std::uint64_t kind) {
  return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(XXH3_64bits_withSeed(text.data(), text.size(), kind)));
}

bool is_word(std::uint32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  if (c == CodePoint::kInvalid) return false;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

std::uint32_t lower(std::uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return static_cast<std::uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

std::string without_digits(std::string word) {
  if (word.find_first_not_of("0123456789") != word.npos) return word;
  return std::string(std::min(word.size(), kDigits), '0');
}

}  // namespace

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) out.push_back(without_digits(std::move(word)));
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = utf8_at(text, at);
    at += c.bytes;
    if (is_word(c.value))
      append_utf8(word, lower(c.value));
    else if (c.value != '\'' && c.value != 0x2019)
      end_word();
  }
  end_word();
  return out;
}

std::vector<std::uint32_t> features(std::string_view text) {
  const std::vector<std::string> all = words(text);
  std::vector<std::uint32_t> out;
  std::string line = " ", pair;
  for (std::size_t i = 0; i < all.size(); ++i) {
    out.push_back(hash(all[i], kWord));
    for (std::size_t d = 1; d <= kDistance && i + d < all.size(); ++d)
      out.push_back(hash(pair.assign(all[i]).append(" ").append(all[i + d]), kPair + d - 1));
    line.append(all[i]).append(" ");
  }
  std::vector<std::size_t> starts;  // of the characters of the line, and its end
  for (std::size_t at = 0; at < line.size(); at += utf8_at(line, at).bytes) starts.push_back(at);
  starts.push_back(line.size());
  for (std::size_t n = kShortest; n <= kLongest; ++n)
    for (std::size_t i = 0; i + n < starts.size(); ++i)
      out.push_back(hash(std::string_view(line).substr(starts[i], starts[i + n] - starts[i]), kCharacters));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace eve::route
