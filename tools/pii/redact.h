// SPDX-License-Identifier: Apache-2.0
// What becomes of a span: a tag, a mask, nothing, a keyed hash, a made-up value of the same form, or itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pii/span.h"

namespace eve::pii {

enum class Action : std::uint8_t {
  kTag,     ///< [PERSON_1]: the same value has the same number
  kMask,    ///< one '*' for each character
  kRemove,  ///< nothing
  kHash,    ///< [PERSON_x0123456789abcdef]: the first 64 bits of HMAC-SHA-256, the same in every run with the same key
  kPseudonym,  ///< a value of the same form, the same for the same value and key
  kKeep,       ///< the value itself
};
inline constexpr std::string_view kActionNames[] = {"tag", "mask", "remove", "hash", "pseudonym", "keep"};

/// HMAC-SHA-256 (RFC 2104) of label, NUL and value, in hexadecimal: 64 digits.
std::string keyed_digest(std::string_view key, std::string_view label, std::string_view value);

/// A value of the same form, chosen by the digest: letters stay letters, digits digits; check digits are right,
/// networks are private, mail is at example.com, names are invented. Depends on nothing but its arguments.
std::string pseudonym(std::string_view label, std::string_view value, std::string_view digest);

class Redactor {
 public:
  struct Settings {
    std::vector<Action> action;  ///< by label
    std::string key;             ///< of hashes and pseudonyms
    bool exact = false;  ///< a map is kept: tags in the input are put aside so that restoring gives the input back
    /// Called with each new token and what it stands for; may be empty.
    std::function<void(std::string_view token, std::string_view label, std::string_view value)> on_token;
  };
  Redactor(Settings settings, const LabelSet& labels);

  /// `text` with its spans replaced. Every other byte stays as it is.
  std::string redact(std::string_view text, const Spans& spans);
  /// Where each part of the last result came from: bytes [out, out + length) are bytes [in, in + length) of the text.
  struct Copied {
    std::size_t in, out, length;
  };
  const std::vector<Copied>& copied() const { return copied_; }
  /// Numbers begin at 1 again.
  void forget();

 private:
  Settings settings_;
  const LabelSet& labels_;
  std::vector<Copied> copied_;
  std::vector<std::uint32_t> last_number_;                  // by label
  std::unordered_map<std::string, std::uint32_t> numbers_;  // hash of (label, value) -> number
  std::unordered_set<std::string> taken_;                   // tags that stand in the input
  std::unordered_set<std::string> told_;                    // hash tokens that on_token has seen
  std::string tag(std::uint16_t label, std::string_view value);
  std::string replacement(std::uint16_t label, std::string_view value);
};

}  // namespace eve::pii
