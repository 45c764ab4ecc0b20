// SPDX-License-Identifier: Apache-2.0
// Values that look like what they stand for and belong to no one.
#include <algorithm>
#include <array>
#include <cstdint>

#include "pii/checks.h"
#include "pii/redact.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

// A stream of small numbers from the hexadecimal digest.
class Dice {
 public:
  explicit Dice(std::string_view digest) {
    for (char c : digest) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;  // FNV-1a
  }
  std::uint32_t below(std::uint32_t n) {
    state_ += 0x9e3779b97f4a7c15;  // splitmix64
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return static_cast<std::uint32_t>((z ^ z >> 31) >> 33) % n;
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

constexpr std::array<std::string_view, 32> kGivenNames = {
    "Alder",  "Bryony", "Cassia", "Dorian",  "Elowen", "Florian", "Greta",  "Hollis", "Isolde",  "Jorah",  "Kestrel",
    "Linnet", "Marlow", "Nerys",  "Orrin",   "Perrin", "Quilla",  "Rowan",  "Sorrel", "Tamsin",  "Ulric",  "Verity",
    "Wilder", "Xanthe", "Yarrow", "Zephrin", "Briar",  "Corwin",  "Delphi", "Ember",  "Fenwick", "Ginevra"};
constexpr std::array<std::string_view, 32> kFamilyNames = {
    "Ashgrove",   "Birchall",   "Coldbrook",   "Dunmarsh",  "Eastwater", "Fernhollow", "Greymoor",  "Hawkridge",
    "Ivyside",    "Juniperson", "Kingsbarrow", "Larkfield", "Moorgate",  "Northwell",  "Oakhurst",  "Pinewater",
    "Quickthorn", "Redfern",    "Stonebeck",   "Thornbury", "Underhill", "Valewood",   "Westbrook", "Yewdale",
    "Ambercroft", "Blackmere",  "Cloverley",   "Driftwood", "Elmstead",  "Foxglade",   "Glenmoor",  "Heathcliff"};

// Letters for letters, digits for digits, everything else as it is; a letter outside ASCII becomes a small one.
std::string same_form(std::string_view value, Dice& dice) {
  std::string out;
  for (char c : value) {
    if (is_digit(c))
      out += static_cast<char>('0' + dice.below(10));
    else if (c >= 'a' && c <= 'z')
      out += static_cast<char>('a' + dice.below(26));
    else if (c >= 'A' && c <= 'Z')
      out += static_cast<char>('A' + dice.below(26));
    else if (!is_high(c))
      out += c;
    else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80)
      out += static_cast<char>('a' + dice.below(26));
  }
  return out;
}

std::string word(std::size_t letters, Dice& dice) {
  std::string out;
  while (out.size() < letters) {
    out += "bdfgklmnprstvz"[dice.below(14)];
    out += "aeiou"[dice.below(5)];
  }
  return out.substr(0, letters);
}

std::string person(std::string_view value, Dice& dice) {
  const auto words = static_cast<std::size_t>(std::count(value.begin(), value.end(), ' ')) + 1;
  const auto given = [&] { return std::string(kGivenNames[dice.below(kGivenNames.size())]); };
  std::string name = given();
  for (std::size_t i = 2; i < words; ++i) name += " " + given();
  if (words > 1) name += " " + std::string(kFamilyNames[dice.below(kFamilyNames.size())]);
  return name;
}

std::string address_of_machine(std::string_view value, Dice& dice) {
  if (value.find(':') == value.npos) {
    std::string out = "10";
    for (int i = 0; i < 3; ++i) out += "." + std::to_string(dice.below(254) + 1);
    return out;
  }
  std::string out = "fd00";
  for (int i = 0; i < 7; ++i) {
    out += ':';
    for (int k = 0; k < 4; ++k) out += "0123456789abcdef"[dice.below(16)];
  }
  return out;
}

std::string hexadecimal(std::string_view value, Dice& dice) {
  std::string out;
  for (char c : value) {
    if (!is_hex(c))
      out += c;
    else if (c >= 'A' && c <= 'F')
      out += "ABCDEF"[dice.below(6)];
    else if (is_digit(c))
      out += static_cast<char>('0' + dice.below(10));
    else
      out += "abcdef"[dice.below(6)];
  }
  return out;
}

// The last digit is chosen so that the whole passes Luhn; the issuer's prefix stays.
std::string card(std::string_view value, Dice& dice) {
  std::string out(value), digits;
  std::size_t seen = 0, last = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!is_digit(out[i])) continue;
    if (++seen > 4) out[i] = static_cast<char>('0' + dice.below(10));
    last = i;
  }
  for (char c = '0'; c <= '9'; ++c) {
    out[last] = c;
    digits.clear();
    std::copy_if(out.begin(), out.end(), std::back_inserter(digits), is_digit);
    if (luhn(digits)) break;
  }
  return out;
}

std::string bank_account(std::string_view value, Dice& dice) {
  if (value.size() < 15) return same_form(value, dice);
  std::string out =
      std::string(value.substr(0, 2)) + same_form(value.substr(2), dice);  // the country decides the length
  for (unsigned check = 2; check <= 98; ++check) {
    out[2] = static_cast<char>('0' + check / 10);
    out[3] = static_cast<char>('0' + check % 10);
    std::string compact;
    std::copy_if(out.begin(), out.end(), std::back_inserter(compact), is_alnum);
    if (iban(compact)) break;
  }
  return out;
}

// Numbers of one or two digits become 1 to 12, good as day and as month; a year another one.
std::string date(std::string_view value, Dice& dice) {
  std::string out;
  for (std::size_t i = 0; i < value.size();) {
    const std::size_t end = run_end(value, i, is_digit);
    if (end - i == 4) {
      out += std::to_string(1940 + dice.below(65));
    } else if (end - i == 2) {
      const std::uint32_t number = 1 + dice.below(12);
      out += {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
    } else if (end > i) {
      out += static_cast<char>('1' + dice.below(9));
    }
    if (end == i)
      out += value[i++];
    else
      i = end;
  }
  return out;
}

}  // namespace

std::string pseudonym(std::string_view label, std::string_view value, std::string_view digest) {
  Dice dice(digest);
  if (label == "PERSON") return person(value, dice);
  if (label == "EMAIL") return word(8, dice) + std::to_string(dice.below(1000)) + "@example.com";
  if (label == "URL") return "https://example.com/" + word(10, dice);
  if (label == "USERNAME") return word(std::max<std::size_t>(value.size(), 8), dice);
  if (label == "IP_ADDRESS") return address_of_machine(value, dice);
  if (label == "MAC_ADDRESS") return hexadecimal(value, dice);
  if (label == "CREDIT_CARD") return card(value, dice);
  if (label == "IBAN") return bank_account(value, dice);
  if (label == "DATE_OF_BIRTH") return date(value, dice);
  return same_form(value, dice);
}

}  // namespace eve::pii
