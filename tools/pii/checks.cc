// SPDX-License-Identifier: Apache-2.0
#include "pii/checks.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "pii/scan.h"

namespace eve::pii {

bool luhn(std::string_view digits) {
  if (digits.size() < 2) return false;
  unsigned sum = 0;
  bool twice = false;
  for (std::size_t i = digits.size(); i-- > 0; twice = !twice) {
    if (!is_digit(digits[i])) return false;
    unsigned d = value_of(digits[i]);
    if (twice) d = d < 5 ? 2 * d : 2 * d - 9;
    sum += d;
  }
  return sum % 10 == 0;
}

bool card_number(std::string_view digits) {
  const std::size_t n = digits.size();
  if (n < 14 || n > 19 || !std::all_of(digits.begin(), digits.end(), is_digit)) return false;
  unsigned head = 0;  // the first four digits
  for (std::size_t i = 0; i < 4; ++i) head = head * 10 + value_of(digits[i]);
  const unsigned two = head / 100, three = head / 10;
  bool issued = false;
  if (head / 1000 == 4)
    issued = n == 16;  // Visa
  else if ((two >= 51 && two <= 55) || (head >= 2221 && head <= 2720))
    issued = n == 16;  // Mastercard
  else if (two == 34 || two == 37)
    issued = n == 15;  // American Express
  else if ((three >= 300 && three <= 305) || two == 36 || two == 38 || two == 39)
    issued = n >= 14;  // Diners Club
  else if (head == 6011 || (three >= 644 && three <= 649) || two == 65)
    issued = n >= 16;  // Discover
  else if (head >= 3528 && head <= 3589)
    issued = n >= 16;  // JCB
  else if (two == 62 || two == 81)
    issued = n >= 16;  // UnionPay
  else if (two == 50 || (two >= 56 && two <= 69))
    issued = n == 16;  // Maestro
  else if (head >= 2200 && head <= 2204)
    issued = n >= 16;  // Mir
  return issued && luhn(digits);
}

namespace {

struct Country {
  char code[3];
  std::uint8_t length;
};
// SWIFT's IBAN registry, release 98.
constexpr Country kIbanLengths[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22},
    {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DJ", 27},
    {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27},
    {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22},
    {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32},
    {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19},
    {"MN", 20}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
    {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
    {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28}, {"TL", 23},
    {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30}};

}  // namespace

std::size_t iban_length(std::string_view country) {
  if (country.size() != 2) return 0;
  for (const Country& c : kIbanLengths) {
    if (c.code[0] == upper(country[0]) && c.code[1] == upper(country[1])) return c.length;
  }
  return 0;
}

bool iban(std::string_view text) {
  if (text.size() < 15 || iban_length(text.substr(0, 2)) != text.size()) return false;
  unsigned rest = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[(i + 4) % text.size()];  // the first four characters count last
    if (is_digit(c))
      rest = (rest * 10 + value_of(c)) % 97;
    else if (is_letter(c))
      rest = (rest * 100 + static_cast<unsigned>(upper(c) - 'A') + 10) % 97;
    else
      return false;
  }
  return rest == 1;
}

bool us_ssn(std::string_view d) {
  if (d.size() != 9 || !std::all_of(d.begin(), d.end(), is_digit)) return false;
  const std::string_view area = d.substr(0, 3);
  return area != "000" && area != "666" && area[0] != '9' && d.substr(3, 2) != "00" && d.substr(5) != "0000";
}

bool uk_nino(std::string_view t) {
  if (t.size() != 9 || !is_letter(t[0]) || !is_letter(t[1])) return false;
  const char a = upper(t[0]), b = upper(t[1]);
  const std::string_view never = "DFIQUV";
  if (never.find(a) != never.npos || never.find(b) != never.npos || b == 'O') return false;
  for (const char* banned : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}) {
    if (a == banned[0] && b == banned[1]) return false;
  }
  return std::all_of(t.begin() + 2, t.begin() + 8, is_digit) && upper(t[8]) >= 'A' && upper(t[8]) <= 'D';
}

bool spanish_id(std::string_view t) {
  if (t.size() != 9) return false;
  std::uint32_t number = 0;
  std::size_t from = 0;
  if (const char lead = upper(t[0]); lead >= 'X' && lead <= 'Z') {
    number = static_cast<std::uint32_t>(lead - 'X');
    from = 1;
  }
  for (std::size_t i = from; i < 8; ++i) {
    if (!is_digit(t[i])) return false;
    number = number * 10 + value_of(t[i]);
  }
  return upper(t[8]) == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23];
}

bool aadhaar(std::string_view d) {
  if (d.size() != 12 || !std::all_of(d.begin(), d.end(), is_digit) || d[0] < '2') return false;
  // Verhoeff: the dihedral group of order 10, and a permutation applied as often as the position says.
  static constexpr std::uint8_t kTurn[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  const auto times = [](unsigned a, unsigned b) {
    return a < 5 ? (b < 5 ? (a + b) % 5 : 5 + (a + b) % 5) : (b < 5 ? 5 + (a + 5 - b) % 5 : (a + 5 - b) % 5);
  };
  unsigned sum = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    unsigned digit = value_of(d[d.size() - 1 - i]);
    for (std::size_t k = 0; k < i % 8; ++k) digit = kTurn[digit];
    sum = times(sum, digit);
  }
  return sum == 0;
}

bool cpf(std::string_view d) {
  if (d.size() != 11 || !std::all_of(d.begin(), d.end(), is_digit)) return false;
  if (std::all_of(d.begin(), d.end(), [&](char c) { return c == d[0]; })) return false;
  for (std::size_t n : {std::size_t{9}, std::size_t{10}}) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += value_of(d[i]) * static_cast<unsigned>(n + 1 - i);
    if (sum * 10 % 11 % 10 != value_of(d[n])) return false;
  }
  return true;
}

bool nir(std::string_view t) {
  if (t.size() != 15 || (t[0] != '1' && t[0] != '2')) return false;
  std::uint64_t number = 0, less = 0;
  for (std::size_t i = 0; i < 13; ++i) {
    char c = t[i];
    if (i == 6 && t[5] == '2' && (upper(c) == 'A' || upper(c) == 'B')) {
      less = upper(c) == 'A' ? 1000000 : 2000000;  // INSEE counts 2A as 20 less 1000000, 2B as 20 less 2000000
      c = '0';
    }
    if (!is_digit(c)) return false;
    number = number * 10 + value_of(c);
  }
  if (!is_digit(t[13]) || !is_digit(t[14])) return false;
  return 97 - (number - less) % 97 == value_of(t[13]) * 10 + value_of(t[14]);
}

bool vin_form(std::string_view t) {
  if (t.size() != 17) return false;
  std::size_t digits = 0;
  for (char c : t) {
    const char u = upper(c);
    if (is_digit(c))
      ++digits;
    else if (!is_letter(c) || u == 'I' || u == 'O' || u == 'Q')
      return false;
  }
  return digits >= 3 && digits <= 15;
}

bool vin_check(std::string_view t) {
  if (!vin_form(t)) return false;
  static constexpr std::string_view kLetters = "ABCDEFGHJKLMNPRSTUVWXYZ";
  static constexpr std::uint8_t kValues[] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9};
  static constexpr std::uint8_t kWeights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
  unsigned sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    sum += kWeights[i] * (is_digit(t[i]) ? value_of(t[i]) : kValues[kLetters.find(upper(t[i]))]);
  }
  return upper(t[8]) == "0123456789X"[sum % 11];
}

bool every_hosts(std::string_view address) {
  if (address.starts_with("127.")) return true;
  for (std::string_view all : {"0.0.0.0", "255.255.255.255"}) {
    if (address.starts_with(all) && (address.size() == all.size() || address[all.size()] == ':')) return true;
  }
  return address == "::1" || address == "0:0:0:0:0:0:0:1" || address == "::ffff:127.0.0.1";
}

bool base58_address(std::string_view text) {
  static constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  if (text.size() < 26 || text.size() > 35) return false;
  std::array<std::uint8_t, 25> bytes{};  // version, 20 bytes of hash, 4 bytes of check; big-endian
  for (char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == kAlphabet.npos) return false;
    unsigned carry = static_cast<unsigned>(digit);
    for (std::size_t i = bytes.size(); i-- > 0;) {
      carry += bytes[i] * 58u;
      bytes[i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  // P2PKH and P2SH of Bitcoin and Litecoin, and both test networks.
  static constexpr std::uint8_t kVersions[] = {0x00, 0x05, 0x30, 0x32, 0x6F, 0xC4};
  if (std::find(std::begin(kVersions), std::end(kVersions), bytes[0]) == std::end(kVersions)) return false;
  std::uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_ctx hash;
  sha256_init(&hash);
  sha256_update(&hash, 21, bytes.data());
  sha256_digest(&hash, sizeof digest, digest);
  sha256_update(&hash, sizeof digest, digest);
  sha256_digest(&hash, sizeof digest, digest);
  return std::equal(bytes.begin() + 21, bytes.end(), digest);
}

bool bech32_address(std::string_view text) {
  static constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  const std::size_t one = text.rfind('1');
  if (text.size() > 90 || one == text.npos || one == 0 || text.size() - one < 7) return false;
  std::string prefix;
  bool any_upper = false, any_lower = false;
  for (char c : text) {
    any_upper |= c >= 'A' && c <= 'Z';
    any_lower |= c >= 'a' && c <= 'z';
  }
  if (any_upper && any_lower) return false;
  for (char c : text.substr(0, one)) prefix += lower(c);
  if (prefix != "bc" && prefix != "tb" && prefix != "ltc") return false;
  std::uint32_t check = 1;
  const auto feed = [&check](std::uint32_t value) {
    static constexpr std::uint32_t kGenerator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    const std::uint32_t top = check >> 25;
    check = (check & 0x1ffffff) << 5 ^ value;
    for (int i = 0; i < 5; ++i) {
      if (top >> i & 1) check ^= kGenerator[i];
    }
  };
  for (char c : prefix) feed(static_cast<std::uint32_t>(c) >> 5);
  feed(0);
  for (char c : prefix) feed(static_cast<std::uint32_t>(c) & 31);
  for (char c : text.substr(one + 1)) {
    const std::size_t digit = kAlphabet.find(lower(c));
    if (digit == kAlphabet.npos) return false;
    feed(static_cast<std::uint32_t>(digit));
  }
  return check == 1 || check == 0x2bc830a3;
}

}  // namespace eve::pii
