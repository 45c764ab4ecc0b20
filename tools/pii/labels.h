// SPDX-License-Identifier: Apache-2.0
// The kinds of personal data, by the names that users, models and rules share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eve::pii {

enum class Label : std::uint8_t {
  kPerson,
  kEmail,
  kPhone,
  kAddress,
  kDateOfBirth,
  kSsn,  ///< any national identity number
  kPassport,
  kDriverLicense,
  kCreditCard,
  kIban,
  kAccountNumber,
  kUsername,
  kPassword,  ///< also PIN, CVV, API keys, tokens, private keys
  kIpAddress,
  kMacAddress,
  kUrl,
  kImei,
  kVehicle,
  kCrypto,
  kGps,
};

inline constexpr std::array<std::string_view, 20> kLabelNames = {
    "PERSON",         "EMAIL",       "PHONE", "ADDRESS",        "DATE_OF_BIRTH", "SSN",      "PASSPORT",
    "DRIVER_LICENSE", "CREDIT_CARD", "IBAN",  "ACCOUNT_NUMBER", "USERNAME",      "PASSWORD", "IP_ADDRESS",
    "MAC_ADDRESS",    "URL",         "IMEI",  "VEHICLE",        "CRYPTO",        "GPS"};
inline constexpr std::size_t kLabels = kLabelNames.size();

inline std::string_view name(Label label) { return kLabelNames[static_cast<std::size_t>(label)]; }

}  // namespace eve::pii
