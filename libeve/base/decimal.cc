// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.h"

#include <algorithm>
#include <limits>

namespace eve {
namespace {

constexpr std::int64_t kMaxExponent = 1'000'000'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// 10^power modulo `modulus` < 2^60.
std::uint64_t power_of_ten(std::uint64_t power, std::uint64_t modulus) {
  unsigned __int128 result = 1 % modulus, base = 10 % modulus;
  for (; power != 0; power >>= 1) {
    if (power & 1) result = result * base % modulus;
    base = base * base % modulus;
  }
  return static_cast<std::uint64_t>(result);
}

}  // namespace

Decimal::Decimal(std::int64_t value) : negative_(value < 0) {
  digits_ = std::to_string(value);
  if (negative_) digits_.erase(0, 1);
  normalise();
}

std::size_t Decimal::scan(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  if (at >= text.size() || !is_digit(text[at])) return 0;
  at = text[at] == '0' ? at + 1 : skip_digits(text, at);
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip_digits(text, at + 1);
    if (end == at + 1) return 0;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::size_t digits = at + 1;
    if (digits < text.size() && (text[digits] == '+' || text[digits] == '-')) ++digits;
    const std::size_t end = skip_digits(text, digits);
    if (end == digits) return 0;
    at = end;
  }
  return at;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  if (text.empty() || scan(text) != text.size()) return std::nullopt;
  Decimal out;
  if (text[0] == '-') {
    out.negative_ = true;
    text.remove_prefix(1);
  }
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    const bool below = power.starts_with('-');
    if (below || power.starts_with('+')) power.remove_prefix(1);
    for (const char c : power) out.exponent_ = std::min(out.exponent_ * 10 + (c - '0'), kMaxExponent);
    if (below) out.exponent_ = -out.exponent_;
    text = text.substr(0, e);
  }
  const std::size_t point = text.find('.');
  out.digits_ = text.substr(0, point);
  if (point != std::string_view::npos) {
    out.digits_ += text.substr(point + 1);
    out.exponent_ -= static_cast<std::int64_t>(text.size() - point - 1);
  }
  out.normalise();
  return out;
}

void Decimal::normalise() {
  const std::size_t last = digits_.find_last_not_of('0');
  if (last == std::string::npos) {
    *this = Decimal();
    return;
  }
  exponent_ += static_cast<std::int64_t>(digits_.size() - last - 1);
  digits_.resize(last + 1);
  digits_.erase(0, digits_.find_first_not_of('0'));
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const auto sign = [](const Decimal& d) { return d.zero() ? 0 : d.negative_ ? -1 : 1; };
  if (sign(*this) != sign(other) || zero()) return sign(*this) <=> sign(other);
  // Place of the first digit, then the digits.
  const auto top = [](const Decimal& d) { return d.exponent_ + static_cast<std::int64_t>(d.digits_.size()); };
  std::strong_ordering order = top(*this) <=> top(other);
  if (order == 0) order = digits_.compare(other.digits_) <=> 0;
  return negative_ ? 0 <=> order : order;
}

std::optional<std::int64_t> Decimal::to_int64() const {
  if (!integer() || exponent_ > 18 || digits_.size() + static_cast<std::size_t>(exponent_) > 19) return std::nullopt;
  unsigned __int128 value = 0;
  for (const char c : digits_) value = value * 10 + static_cast<unsigned>(c - '0');
  for (std::int64_t i = 0; i < exponent_; ++i) value *= 10;
  constexpr auto kMax = static_cast<unsigned __int128>(std::numeric_limits<std::int64_t>::max());
  if (value > kMax + (negative_ ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative_ ? 0 - static_cast<std::uint64_t>(value)
                                             : static_cast<std::uint64_t>(value));
}

std::optional<std::size_t> Decimal::to_count() const {
  if (negative_ || !integer()) return std::nullopt;
  const auto value = to_int64();
  return value ? static_cast<std::size_t>(*value) : std::numeric_limits<std::size_t>::max();
}

bool Decimal::multiple_of(const Decimal& divisor) const {
  if (zero()) return true;
  // digits * 10^shift must be a multiple of the divisor's digits; the digits themselves end in no zero.
  const std::int64_t shift = exponent_ - divisor.exponent_;
  if (shift < 0) return false;
  std::uint64_t modulus = 0;
  for (const char c : divisor.digits_) modulus = modulus * 10 + static_cast<std::uint64_t>(c - '0');
  std::uint64_t rest = 0;
  for (const char c : digits_)
    rest = static_cast<std::uint64_t>((static_cast<unsigned __int128>(rest) * 10 + static_cast<unsigned>(c - '0')) %
                                      modulus);
  return static_cast<unsigned __int128>(rest) * power_of_ten(static_cast<std::uint64_t>(shift), modulus) % modulus == 0;
}

std::string Decimal::str() const {
  if (zero()) return "0";
  std::string out = negative_ ? "-" : "";
  const auto size = static_cast<std::int64_t>(digits_.size());
  if (exponent_ >= 0 && exponent_ <= 20) {
    out += digits_;
    out.append(static_cast<std::size_t>(exponent_), '0');
  } else if (exponent_ < 0 && exponent_ + size > -20) {
    if (size + exponent_ <= 0) {
      out += "0.";
      out.append(static_cast<std::size_t>(-exponent_ - size), '0');
      out += digits_;
    } else {
      out.append(digits_, 0, static_cast<std::size_t>(size + exponent_));
      out += '.';
      out.append(digits_, static_cast<std::size_t>(size + exponent_));
    }
  } else {
    out += digits_ + "e" + std::to_string(exponent_);
  }
  return out;
}

}  // namespace eve
