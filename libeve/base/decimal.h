// SPDX-License-Identifier: Apache-2.0
// Exact decimal numbers as JSON writes them: compared, divided and printed without a rounding.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eve {

/// sign * digits * 10^exponent; equal values are equal objects (-0 is 0, 1.0 is 1).
class Decimal {
 public:
  Decimal() = default;
  Decimal(std::int64_t value);  // NOLINT: an integer is a decimal
  /// The number whose JSON form (RFC 8259 `number`) is the whole of `text`; nothing when it is none. Exponents beyond
  /// +-10^15 count as 10^15: such numbers compare by their sign and length of digits alone.
  static std::optional<Decimal> parse(std::string_view text);
  /// Length of the JSON number that `text` starts with; 0 when it starts with none.
  static std::size_t scan(std::string_view text);

  bool zero() const { return digits_.empty(); }
  bool negative() const { return negative_; }
  bool integer() const { return exponent_ >= 0; }
  /// Digits without leading and trailing zeros; the value is digits * 10^exponent. Empty for 0.
  const std::string& digits() const { return digits_; }
  std::int64_t exponent() const { return exponent_; }
  /// The value when it is an integer that fits.
  std::optional<std::int64_t> to_int64() const;
  /// The value when it is an integer of at least 0 (a count such as maxLength); SIZE_MAX when it does not fit.
  std::optional<std::size_t> to_count() const;
  /// Whether this is an integer times `divisor`, which has at most 18 digits and is not 0.
  bool multiple_of(const Decimal& divisor) const;

  /// One text for each value: 0, 12, -0.5, 1e400.
  std::string str() const;
  bool operator==(const Decimal&) const = default;
  std::strong_ordering operator<=>(const Decimal& other) const;

 private:
  std::string digits_;
  std::int64_t exponent_ = 0;
  bool negative_ = false;
  void normalise();
};

}  // namespace eve
