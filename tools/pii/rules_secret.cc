// SPDX-License-Identifier: Apache-2.0
// Secrets and wallets that their form gives away.
#include <algorithm>

#include "pii/checks.h"
#include "pii/rules.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

constexpr bool in_token(char c) { return is_alnum(c) || c == '_' || c == '-'; }

struct KeyForm {
  std::string_view prefix;  // exact case
  std::size_t least, most;  // characters after the prefix
  std::string_view rule;
};
// Prefixes that the issuers document, so that scanners can find leaked keys.
constexpr KeyForm kKeyForms[] = {
    {"AKIA", 16, 16, "aws-key"},         {"ASIA", 16, 16, "aws-key"},
    {"AIza", 35, 35, "google-key"},      {"ya29.", 20, 400, "google-token"},
    {"ghp_", 30, 80, "github-token"},    {"gho_", 30, 80, "github-token"},
    {"ghu_", 30, 80, "github-token"},    {"ghs_", 30, 80, "github-token"},
    {"ghr_", 30, 80, "github-token"},    {"github_pat_", 30, 120, "github-token"},
    {"glpat-", 18, 64, "gitlab-token"},  {"xoxb-", 10, 120, "slack-token"},
    {"xoxa-", 10, 120, "slack-token"},   {"xoxp-", 10, 120, "slack-token"},
    {"xoxr-", 10, 120, "slack-token"},   {"xoxs-", 10, 120, "slack-token"},
    {"xapp-", 10, 120, "slack-token"},   {"sk_live_", 16, 128, "stripe-key"},
    {"sk_test_", 16, 128, "stripe-key"}, {"rk_live_", 16, 128, "stripe-key"},
    {"sk-", 20, 200, "api-key"},         {"npm_", 36, 36, "npm-token"},
    {"pypi-", 50, 300, "pypi-token"},    {"hf_", 30, 40, "hf-token"},
    {"dop_v1_", 64, 64, "do-token"},     {"SG.", 40, 80, "sendgrid-key"},
    {"shpat_", 32, 32, "shopify-token"},
};

std::size_t key_end(std::string_view text, std::size_t i, std::string_view& rule) {
  for (const KeyForm& form : kKeyForms) {
    if (text[i] != form.prefix[0] || text.compare(i, form.prefix.size(), form.prefix) != 0) continue;
    const bool dots = form.prefix.back() == '.';
    const std::size_t from = i + form.prefix.size();
    std::size_t end = run_end(
        text, from, [dots](char c) { return in_token(c) || (dots && c == '.'); }, form.most + 1);
    while (end > from && (text[end - 1] == '-' || text[end - 1] == '.')) --end;
    if (end - from < form.least || end - from > form.most) continue;
    const std::string_view body = text.substr(from, end - from);
    if (std::none_of(body.begin(), body.end(), is_digit)) continue;  // sk-some-words-in-a-row
    rule = form.rule;
    return end;
  }
  return 0;
}

// JSON Web Token (RFC 7519): base64url of '{"', a dot, a payload, and in most a signature.
std::size_t jwt_end(std::string_view text, std::size_t i) {
  if (text.compare(i, 3, "eyJ") != 0) return 0;
  std::size_t k = run_end(text, i, in_token);
  if (k - i < 12 || at(text, k) != '.') return 0;
  for (int part = 0; part < 2 && at(text, k) == '.'; ++part) {
    const std::size_t end = run_end(text, k + 1, in_token);
    if (end - k - 1 < 8) return part == 0 ? 0 : k;
    k = end;
  }
  return k;
}

constexpr bool in_base58(char c) { return is_alnum(c) && c != '0' && c != 'O' && c != 'I' && c != 'l'; }

void find_pem(std::string_view text, Findings& found) {
  static constexpr std::string_view kBegin = "-----BEGIN ", kKey = "PRIVATE KEY", kDashes = "-----";
  const std::size_t last = text.rfind("-----END ");
  for (std::size_t i = text.find(kBegin); i != text.npos && last != text.npos && i < last;
       i = text.find(kBegin, i + 1)) {
    const std::size_t title = i + kBegin.size();
    const std::size_t close = text.substr(title, 64).find(kDashes);
    if (close == text.npos || text.substr(title, close).find(kKey) == text.npos) continue;
    std::size_t start = title + close + kDashes.size();
    const std::size_t stop =
        text.find("-----END ", start);  // none: the lines of a longer block are the stream's business
    if (stop == text.npos) break;
    std::size_t end = stop;
    const auto edge = [](char c) { return is_space(c); };
    while (start < end && edge(text[start])) ++start;
    while (end > start && edge(text[end - 1])) --end;
    if (start < end) found.push_back({start, end, Label::kPassword, 0.9999f, "private-key"});
    i = stop;
  }
}

}  // namespace

void find_secrets(std::string_view text, Findings& found) {
  find_pem(text, found);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_alnum(text[i])) continue;
    std::size_t end = 0;
    std::string_view rule;
    if (!is_word(before(text, i))) {
      if ((end = jwt_end(text, i)) != 0) {
        found.push_back({i, end, Label::kPassword, 0.999f, "jwt"});
      } else if ((end = key_end(text, i, rule)) != 0) {
        found.push_back({i, end, Label::kPassword, 0.995f, rule});
      } else if (text[i] == '0' && at(text, i + 1) == 'x') {
        end = run_end(text, i + 2, is_hex, 41);
        if (end - i == 42 && !is_word(at(text, end)))
          found.push_back({i, end, Label::kCrypto, 0.985f, "ethereum"});
        else
          end = 0;
      } else if (const std::string_view leads = "13LM2mn"; leads.find(text[i]) != leads.npos) {
        end = run_end(text, i, in_base58, 36);
        if (!is_word(at(text, end)) && base58_address(text.substr(i, end - i))) {
          found.push_back({i, end, Label::kCrypto, 0.999f, "base58check"});
        } else {
          end = 0;
        }
      } else if (has_at(text, i, "bc1") || has_at(text, i, "tb1") || has_at(text, i, "ltc1")) {
        end = run_end(text, i, is_alnum, 91);
        const std::size_t length = end - i;
        // A bech32 address with one wrong letter still leads to its owner.
        if (is_word(at(text, end)) || length < 39)
          end = 0;
        else if (bech32_address(text.substr(i, length)))
          found.push_back({i, end, Label::kCrypto, 0.999f, "bech32"});
        else if (length <= 62)
          found.push_back({i, end, Label::kCrypto, 0.98f, "bech32-form"});
        else
          end = 0;
      }
    }
    i = end > i ? end - 1 : run_end(text, i, is_word) - 1;
  }
}

}  // namespace eve::pii
