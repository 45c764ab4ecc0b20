// SPDX-License-Identifier: Apache-2.0
// Check digits and number formats. Each function judges one candidate of known extent; none looks for candidates.
// Separators have been removed by the caller unless said otherwise. All are linear in the length and never throw.
#pragma once

#include <string>
#include <string_view>

namespace eve::pii {

/// ISO/IEC 7812-1 annex B (cards, IMEI). Digits only, at least two.
bool luhn(std::string_view digits);
/// A card number by issuer prefix, length and Luhn.
bool card_number(std::string_view digits);
/// ISO 13616: country and its length, letters and digits (any case), mod 97 = 1.
bool iban(std::string_view text);
/// Length that ISO 13616's registry gives for a country code (any case); 0 for an unknown country.
std::size_t iban_length(std::string_view country);
/// US social security number ranges (SSA, since 2011): area not 000, 666 or 9xx; group not 00; serial not 0000.
bool us_ssn(std::string_view nine_digits);
/// UK national insurance number, 9 characters: prefix letters by HMRC's NIM39110, suffix A to D.
bool uk_nino(std::string_view text);
/// Spanish DNI (8 digits and letter) or NIE (X, Y or Z, 7 digits and letter).
bool spanish_id(std::string_view text);
/// 12 digits, not beginning with 0 or 1, Verhoeff check digit.
bool aadhaar(std::string_view digits);
/// Brazilian CPF: 11 digits, two check digits mod 11.
bool cpf(std::string_view digits);
/// French NIR: 13 digits and the key 97 - n mod 97 (departments 2A and 2B as 19 and 18).
bool nir(std::string_view text);
/// ISO 3779: 17 characters without I, O and Q, at least 3 digits and 2 letters.
bool vin_form(std::string_view text);
/// Check digit in position 9 (49 CFR 565.15), compulsory in North America only.
bool vin_check(std::string_view text);
/// An IP address (a port may follow) that is every machine's: unspecified, loopback or limited broadcast (RFC 6890).
bool every_hosts(std::string_view address);
/// Bitcoin or Litecoin address in Base58Check: version byte and four bytes of double SHA-256.
bool base58_address(std::string_view text);
/// Segregated witness address: BIP 173 (bech32) or BIP 350 (bech32m), prefix bc, tb or ltc.
bool bech32_address(std::string_view text);

}  // namespace eve::pii
