// SPDX-License-Identifier: Apache-2.0
// Detectors that need no model: formats, ranges, check digits and words beside a value.
// Every rule runs in time linear in the text, on any bytes, and never throws (but std::bad_alloc).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "pii/labels.h"

namespace eve::pii {

struct Finding {
  std::size_t start, end;  ///< bytes [start, end)
  Label label;
  float score;            ///< precision of the rule: how sure it is, (0, 1]
  std::string_view rule;  ///< name, for --report and tests
};
using Findings = std::vector<Finding>;

/// Findings of all rules, sorted, not overlapping. Where two overlap, the better score wins and the other keeps what is
/// left of it.
Findings find_by_rule(std::string_view text);

// One family each; findings of one family may overlap those of another and are not sorted.
void find_urls(std::string_view text, Findings& found);    ///< URL; USERNAME and PASSWORD of other schemes' credentials
void find_emails(std::string_view text, Findings& found);  ///< EMAIL; call after find_urls with the same list
void find_cookies(std::string_view text, Findings& found);  ///< PASSWORD: sessions in Cookie and Set-Cookie headers
void find_network(std::string_view text, Findings& found);  ///< IP_ADDRESS, MAC_ADDRESS
void find_numbers(std::string_view text, Findings& found);  ///< CREDIT_CARD, IBAN, SSN, PHONE, GPS, IMEI
void find_transfers(std::string_view text,
                    Findings& found);  ///< ACCOUNT_NUMBER beside an IBAN; call after find_numbers with the same list
void find_secrets(std::string_view text, Findings& found);   ///< PASSWORD by form (keys, JWT, PEM); CRYPTO
void find_users(std::string_view text, Findings& found);     ///< USERNAME in settings, paths and log lines
void find_commands(std::string_view text, Findings& found);  ///< USERNAME, PASSWORD given to mysql, curl, ssh-keygen
void find_by_words(std::string_view text,
                   Findings& found);  ///< what only a word before it tells: DATE_OF_BIRTH, PASSPORT, ...

/// End of the telephone number that begins at i, or 0. `known`: a word beside it says that it is one.
std::size_t phone_end(std::string_view text, std::size_t i, bool known);
/// End of the log-in name that begins at i and is somebody's, or 0.
std::size_t login_end(std::string_view text, std::size_t i);
/// End of the coordinate pair that begins at i, or 0. `known` as above.
std::size_t gps_end(std::string_view text, std::size_t i, bool known);

}  // namespace eve::pii
