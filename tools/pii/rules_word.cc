// SPDX-License-Identifier: Apache-2.0
// Values that only the word before them identifies: "born 3 May 1980", "passport C01X00T47", "DB_PASS=...".
#include <algorithm>
#include <array>
#include <optional>

#include "pii/checks.h"
#include "pii/rules.h"
#include "pii/scan.h"
#include "pii/value_ends.h"

namespace eve::pii {
namespace {

enum class Kind : std::uint8_t {
  kPhone,
  kCaller,
  kNumber,
  kBirth,
  kPassport,
  kLicence,
  kImei,
  kVin,
  kNational,
  kSocial,
  kAccount,
  kSortCode,
  kCoordinates,
  kWallet,
  kPassword,
  kToken,
  kKey,
  kSecretKey,  // by the word before it
  kBearer,
  kCardCode,
  kPin,
  kCard,
  kPlate,
  kCar,
  kBox,
  kPassenger
};

struct Word {
  std::string_view text;
  Kind kind;
};
// Sorted by text.
constexpr Word kWords[] = {
    {"aadhaar", Kind::kNational},
    {"account", Kind::kAccount},
    {"acct", Kind::kAccount},
    {"addr", Kind::kWallet},
    {"address", Kind::kWallet},
    {"apikey", Kind::kToken},
    {"authtoken", Kind::kToken},
    {"bearer", Kind::kBearer},
    {"birth", Kind::kBirth},
    {"birthdate", Kind::kBirth},
    {"birthday", Kind::kBirth},
    {"bitcoin", Kind::kWallet},
    {"born", Kind::kBirth},
    {"box", Kind::kBox},
    {"btc", Kind::kWallet},
    {"call", Kind::kPhone},
    {"callback", Kind::kPhone},
    {"called", Kind::kCaller},
    {"car", Kind::kCar},
    {"card", Kind::kCard},
    {"cardnumber", Kind::kCard},
    {"cell", Kind::kPhone},
    {"cellphone", Kind::kPhone},
    {"clientsecret", Kind::kToken},
    {"code", Kind::kSortCode},
    {"coordinates", Kind::kCoordinates},
    {"coords", Kind::kCoordinates},
    {"cpf", Kind::kNational},
    {"creditcard", Kind::kCard},
    {"cvc", Kind::kCardCode},
    {"cvv", Kind::kCardCode},
    {"dateofbirth", Kind::kBirth},
    {"dni", Kind::kNational},
    {"dob", Kind::kBirth},
    {"fax", Kind::kPhone},
    {"geboren", Kind::kBirth},
    {"geburtsdatum", Kind::kBirth},
    {"gps", Kind::kCoordinates},
    {"imei", Kind::kImei},
    {"key", Kind::kKey},
    {"latlon", Kind::kCoordinates},
    {"licence", Kind::kLicence},
    {"license", Kind::kLicence},
    {"litecoin", Kind::kWallet},
    {"location", Kind::kCoordinates},
    {"lon", Kind::kCoordinates},
    {"ltc", Kind::kWallet},
    {"mobile", Kind::kPhone},
    {"mrn", Kind::kAccount},
    {"msisdn", Kind::kPhone},
    {"nino", Kind::kNational},
    {"nir", Kind::kNational},
    {"number", Kind::kNumber},
    {"pass", Kind::kPassword},
    {"passenger", Kind::kPassenger},
    {"passphrase", Kind::kPassword},
    {"passport", Kind::kPassport},
    {"passwd", Kind::kPassword},
    {"password", Kind::kPassword},
    {"pax", Kind::kPassenger},
    {"phone", Kind::kPhone},
    {"phonenumber", Kind::kPhone},
    {"pin", Kind::kPin},
    {"plate", Kind::kPlate},
    {"pos", Kind::kCoordinates},
    {"position", Kind::kCoordinates},
    {"pwd", Kind::kPassword},
    {"reg", Kind::kPlate},
    {"registration", Kind::kPlate},
    {"reisepass", Kind::kPassport},
    {"routing", Kind::kAccount},
    {"secret", Kind::kPassword},
    {"social", Kind::kSocial},
    {"sortcode", Kind::kSortCode},
    {"ssn", Kind::kSocial},
    {"tel", Kind::kPhone},
    {"telefon", Kind::kPhone},
    {"telephone", Kind::kPhone},
    {"token", Kind::kToken},
    {"vin", Kind::kVin},
    {"wallet", Kind::kWallet},
    {"whatsapp", Kind::kPhone},
};
static_assert(std::is_sorted(std::begin(kWords), std::end(kWords),
                             [](const Word& a, const Word& b) { return a.text < b.text; }));
constexpr std::size_t kLongestWord = 12;

std::optional<Kind> kind_of(std::string_view word) {
  if (word.size() < 3 || word.size() > kLongestWord) return std::nullopt;
  char low[kLongestWord];
  std::transform(word.begin(), word.end(), low, lower);
  const std::string_view key(low, word.size());
  const Word* found = std::lower_bound(std::begin(kWords), std::end(kWords), key,
                                       [](const Word& w, std::string_view k) { return w.text < k; });
  if (found == std::end(kWords) || found->text != key) return std::nullopt;
  return found->kind;
}

// Steps over what stands between a word and its value: "no. ", " number: ", "\":\"", ">", " is ".
std::size_t skip_fill(std::string_view text, std::size_t i) {
  static constexpr std::string_view kMarks = " \t:=#.,\"'>|;[(_-/\\";
  static constexpr std::string_view kFill[] = {"no",    "nr",     "num",   "number", "is",      "on",      "at",
                                               "of",    "was",    "me",    "back",   "to",      "cell",    "type",
                                               "date",  "i",      "think", "it",     "id",      "work",    "home",
                                               "voice", "mobile", "card",  "lon",    "monthly", "security"};
  const std::size_t limit = std::min(text.size(), i + 40);
  while (i < limit) {
    const char c = text[i];
    if (c == '-' && is_digit(at(text, i + 1))) return i;
    if (c == '(' && (is_digit(at(text, i + 1)) || at(text, i + 1) == '+')) return i;
    if (kMarks.find(c) != kMarks.npos) {
      ++i;
      continue;
    }
    if (!is_letter(c)) return i;
    const std::size_t end = run_end(text, i, is_letter, 12);
    const std::string_view word = text.substr(i, end - i);
    if (is_word(at(text, end)) && at(text, end) != '_') return i;
    if (std::none_of(std::begin(kFill), std::end(kFill),
                     [&](std::string_view f) { return f.size() == word.size() && has_at(text, i, f); }))
      return i;
    i = end;
  }
  return i;
}

// Upper case, lower case and digits in 20 characters or more: nobody's word.
bool is_random(std::string_view value) {
  bool high = false, low = false, digit = false;
  for (char c : value) {
    high |= is_letter(c) && upper(c) == c;
    low |= is_letter(c) && lower(c) == c;
    digit |= is_digit(c);
  }
  return value.size() >= 20 && high && low && digit;
}

// A key that some program drew: letters and digits of one case too, or a UUID.
bool is_drawn(std::string_view value) {
  return is_random(value) || (value.size() >= 20 && std::any_of(value.begin(), value.end(), is_digit) &&
                              (std::all_of(value.begin(), value.end(), is_alnum) ||
                               std::all_of(value.begin(), value.end(), [](char c) { return is_hex(c) || c == '-'; })));
}

// Whether the word "key" at i opens something: api_key, X-Api-Key, secretKey, "private key".
bool is_secret_key(std::string_view text, std::size_t i) {
  const char left = before(text, i);
  if (left == '_' || left == '-' || left == ' ') --i;
  for (std::string_view which : {"api", "access", "secret", "private", "auth", "encryption", "signing"}) {
    if (ends_before(text, i, which)) return true;
  }
  return false;
}

bool vin_letters(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return std::string_view("IOQioq").find(c) != std::string_view::npos; }) &&
         std::any_of(text.begin(), text.end(), is_digit) && std::any_of(text.begin(), text.end(), is_letter);
}

bool is_plain_hex(std::string_view value) { return std::all_of(value.begin(), value.end(), is_hex); }

// " 1432, Wellington 6140" of a post-office box, or its number alone.
std::size_t box_end(std::string_view text, std::size_t i) {
  const std::size_t number = i + 1, end = run_end(text, number, is_digit, 7);
  if (before(text, number) != ' ' || end == number || is_word(at(text, end))) return 0;
  std::size_t k = end;
  for (int words = 0; words < 4; ++words) {
    if (at(text, k) == ',') ++k;
    if (at(text, k++) != ' ') break;
    const std::size_t stop = run_end(text, k, is_digit, 7);
    if (words > 0 && stop >= k + 4 && !is_word(at(text, stop))) return stop;
    if (lower(at(text, k)) == at(text, k)) break;
    k = run_end(
        text, k, [](char c) { return is_letter(c) || is_high(c); }, 32);
  }
  return end;
}

// DOE/JANE, as airlines write names.
std::size_t passenger_end(std::string_view text, std::size_t i) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const std::size_t slash = run_end(text, i, is_capital, 32);
  if (slash < i + 2 || at(text, slash) != '/') return 0;
  const std::size_t end = run_end(text, slash + 1, is_capital, 32);
  return end >= slash + 3 && !is_word(at(text, end)) ? end : 0;
}

class Words {
 public:
  Words(std::string_view text, Findings& found) : text_(text), found_(found) {}

  void word(std::size_t start, std::size_t end, Kind kind) {
    const std::size_t value = skip_fill(text_, end);
    switch (kind) {
      case Kind::kPhone:
        if (value > end) add(value, phone_end(text_, value, true), Label::kPhone, 0.97f, "phone-word");
        break;
      case Kind::kCaller:
        if (has_at(text_, end, " from "))
          add(end + 6, phone_end(text_, end + 6, true), Label::kPhone, 0.97f, "phone-word");
        break;
      case Kind::kNumber:
        for (std::string_view owner : {"my ", "new ", "phone ", "his ", "her ", "their ", "contact ", "our "}) {
          if (ends_before(text_, start, owner))
            add(value, phone_end(text_, value, true), Label::kPhone, 0.97f, "phone-word");
        }
        break;
      case Kind::kBirth:
        add(value, date_end(text_, value), Label::kDateOfBirth, 0.98f, "birth-word");
        break;
      case Kind::kPassport:
        add(value, document_end(text_, value, 8, 9, 1), Label::kPassport, 0.98f, "passport-word");
        break;
      case Kind::kLicence:
        licence(start, value);
        break;
      case Kind::kImei:
        imei(value);
        break;
      case Kind::kVin:
        if (const std::size_t stop = run_end(text_, value, is_alnum, 18);
            stop - value == 17 && vin_letters(text_.substr(value, 17))) {
          add(value, stop, Label::kVehicle, vin_check(text_.substr(value, 17)) ? 0.999f : 0.98f, "vin");
        }
        break;
      case Kind::kNational:
      case Kind::kSocial:
        national(value);
        break;
      case Kind::kAccount:
        account(value);
        break;
      case Kind::kSortCode:
        if (ends_before(text_, start, "sort ") || ends_before(text_, start, "sort_")) sort_code(value);
        break;
      case Kind::kCoordinates:
        add(value, gps_end(text_, value, true), Label::kGps, 0.98f, "gps-word");
        break;
      case Kind::kWallet:
        wallet(value);
        break;
      case Kind::kPassword:
      case Kind::kToken:
      case Kind::kSecretKey:
        secret(start, end, kind);
        break;
      case Kind::kKey:
        if (is_secret_key(text_, start))
          secret(start, end, Kind::kSecretKey);
        else if (before(text_, start) == '_')
          secret(start, end, kind);
        break;
      case Kind::kBearer:
        bearer(end);
        break;
      case Kind::kCard:
        card(value);
        break;
      case Kind::kPlate:
      case Kind::kCar:
        add(value, plate_end(text_, value), Label::kVehicle, 0.97f, "plate-word");
        break;
      case Kind::kBox:
        for (std::string_view office : {"po ", "p.o. ", "p. o. "}) {
          if (ends_before(text_, start, office))
            add(start - office.size(), box_end(text_, end), Label::kAddress, 0.97f, "post-office-box");
        }
        break;
      case Kind::kPassenger:
        add(value, passenger_end(text_, value), Label::kPerson, 0.97f, "passenger");
        break;
      case Kind::kCardCode:
        digits(value, 3, 4, "card-code");
        break;
      case Kind::kPin:
        if (value > end) digits(value, 4, 6, "pin");
        break;
    }
  }

  std::size_t covered() const { return covered_; }

 private:
  std::string_view text_;
  Findings& found_;
  std::size_t covered_ = 0;  // end of the last secret

  void add(std::size_t start, std::size_t end, Label label, float score, std::string_view rule) {
    if (end <= start) return;
    found_.push_back({start, end, label, score, rule});
    if (label == Label::kPassword) covered_ = end;
  }

  void digits(std::size_t value, std::size_t least, std::size_t most, std::string_view rule) {
    const std::size_t end = run_end(text_, value, is_digit, most + 1);
    const bool alone =
        !is_word(at(text_, end)) && !((at(text_, end) == '.' || at(text_, end) == ',') && is_digit(at(text_, end + 1)));
    if (end - value >= least && end - value <= most && alone) add(value, end, Label::kPassword, 0.97f, rule);
  }

  void licence(std::size_t start, std::size_t value) {
    const std::size_t end = document_end(text_, value, 8, 16, 5, "-");
    if (end == 0) return;
    bool driver = has_at(text_, end, ", expires") || has_at(text_, end, " expires");
    for (std::string_view who : {"driver ", "drivers ", "driver's ", "driving ", "driver_", "driving_", "driver-"})
      driver |= ends_before(text_, start, who);
    // "licence K1234567" alone is one; "License 2.0" has no such number.
    driver |= document_end(text_, value, 8, 16, 6, "-") != 0;
    if (driver) add(value, end, Label::kDriverLicense, 0.98f, "licence-word");
  }

  void imei(std::size_t value) {
    // "imei of the old phone 35..."
    for (const std::size_t limit = value + 32; value < limit && !is_digit(at(text_, value)); ++value) {
      if (at(text_, value) == '\n' || value >= text_.size()) return;
    }
    std::string digits;
    std::size_t k = value;
    while (k < text_.size() && digits.size() < 15 &&
           (is_digit(text_[k]) || ((text_[k] == '-' || text_[k] == ' ') && k > value && is_digit(at(text_, k + 1))))) {
      if (is_digit(text_[k])) digits += text_[k];
      ++k;
    }
    if (digits.size() == 15 && !is_word(at(text_, k)) && luhn(digits)) add(value, k, Label::kImei, 0.999f, "imei");
  }

  void card(std::size_t value) {
    const std::size_t end = run_end(text_, value, is_digit, 20);
    if (end - value >= 13 && end - value <= 19 && !is_word(at(text_, end)) && luhn(text_.substr(value, end - value))) {
      add(value, end, Label::kCreditCard, 0.99f, "card-word");
    }
  }

  void national(std::size_t value) {
    add(value, nino_end(text_, value), Label::kSsn, 0.98f, "nino-word");
    add(value, national_end(text_, value), Label::kSsn, 0.98f, "national-word");
  }

  void account(std::size_t value) {
    std::size_t end = document_end(text_, value, 7, 14, 6, "-");
    if (end != 0 && date_end(text_, value) == 0) {
      add(value, end, Label::kAccountNumber, 0.96f, "account-word");
      return;
    }
    // 0641 5921 33
    std::size_t k = value;
    for (int group = 0; group < 4; ++group) {
      const std::size_t stop = run_end(text_, k, is_digit, 5);
      if (stop - k < 2 || stop - k > 4) break;
      if (group >= 2 && !is_word(at(text_, stop))) end = stop;
      if (stop - k != 4 || at(text_, stop) != ' ') break;
      k = stop + 1;
    }
    add(value, end, Label::kAccountNumber, 0.96f, "account-word");
  }

  void sort_code(std::size_t value) {
    std::size_t k = value;
    for (int group = 0; group < 3; ++group, ++k) {
      if (!is_digit(at(text_, k)) || !is_digit(at(text_, k + 1))) return;
      k += 2;
      if (group < 2 && at(text_, k) != '-') return;
    }
    if (!is_word(at(text_, k - 1))) add(value, k - 1, Label::kAccountNumber, 0.98f, "sort-code");
  }

  void wallet(std::size_t value) {
    static constexpr std::string_view kLeads = "13LM";
    if (kLeads.find(at(text_, value)) == kLeads.npos) return;
    const std::size_t end = run_end(text_, value, is_alnum, 36);
    const std::string_view form = text_.substr(value, end - value);
    if (form.size() < 26 || form.size() > 35 || is_word(at(text_, end)) || is_plain_hex(form)) return;
    if (form.find_first_of("0OIl") != form.npos) return;
    add(value, end, Label::kCrypto, 0.98f, "wallet-word");
  }

  void secret(std::size_t start, std::size_t end, Kind kind) {
    std::size_t value = 0;
    const std::size_t stop = secret_end(text_, end, value);
    if (stop == 0) return;
    const std::string_view form = text_.substr(value, stop - value);
    if (kind != Kind::kPassword) {
      if (form.size() < 12 || std::none_of(form.begin(), form.end(), is_digit)) return;
      // Token{78af589, Key@1f2e: how programs print objects, not keys.
      if (std::any_of(form.begin(), form.end(), [](char c) {
            return !is_alnum(c) && std::string_view("-_.~+/=:%").find(c) == std::string_view::npos;
          }))
        return;
      const char left = before(text_, start);
      if ((left == '&' || left == '?') && is_plain_hex(form)) return;  // one request's
      if ((kind == Kind::kKey && !is_random(form)) || (kind == Kind::kSecretKey && !is_drawn(form))) return;
    }
    add(value, stop, Label::kPassword, 0.975f, "secret-word");
  }

  void bearer(std::size_t end) {
    const std::size_t value = run_end(text_, end, is_blank, 4);
    if (value == end) return;
    std::size_t stop = run_end(text_, value, [](char c) {
      return is_alnum(c) || std::string_view("-._~+/=").find(c) != std::string_view::npos;
    });
    while (stop > value && text_[stop - 1] == '.') --stop;
    const std::string_view form = text_.substr(value, stop - value);
    if (form.size() >= 16 && std::any_of(form.begin(), form.end(), is_digit))
      add(value, stop, Label::kPassword, 0.99f, "bearer");
  }
};

}  // namespace

void find_by_words(std::string_view text, Findings& found) {
  Words words(text, found);
  for (std::size_t i = 0; i < text.size();) {
    if (!is_letter(text[i])) {
      ++i;
      continue;
    }
    const std::size_t end = run_end(text, i, is_letter);
    // camelCase: the last hump is looked at as well ("dbPassword", "homePhone").
    std::size_t hump = end;
    while (hump > i && !(text[hump - 1] >= 'A' && text[hump - 1] <= 'Z')) --hump;
    if (const auto kind = kind_of(text.substr(i, end - i)))
      words.word(i, end, *kind);
    else if (hump > i + 1 && hump < end) {
      if (const auto last = kind_of(text.substr(hump - 1, end - hump + 1))) words.word(hump - 1, end, *last);
    }
    i = std::max(end, words.covered());  // a word inside a secret announces nothing
  }
}

}  // namespace eve::pii
