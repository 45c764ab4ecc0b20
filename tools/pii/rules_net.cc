// SPDX-License-Identifier: Apache-2.0
// Addresses of machines.
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "pii/checks.h"
#include "pii/rules.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

// End of a dotted quad at i whose octets are 0 to 255 without leading zeros; 0 when there is none.
std::size_t quad_end(std::string_view text, std::size_t i, unsigned octets[4]) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && at(text, i++) != '.') return 0;
    const std::size_t end = run_end(text, i, is_digit, 4);
    if (end == i || end - i > 3 || (end - i > 1 && text[i] == '0')) return 0;
    unsigned value = 0;
    for (; i < end; ++i) value = value * 10 + value_of(text[i]);
    if (value > 255) return 0;
    octets[part] = value;
  }
  return i;
}

// Whether the words before i announce a version: "version 1.2.3.4", "v1.2.3.4", "app_version=\"1.2.3.4",
// "parse(1.2.3.4".
bool after_version_word(std::string_view text, std::size_t i) {
  std::size_t k = i;
  while (k > 0 && i - k < 5 &&
         (is_blank(text[k - 1]) || std::string_view("\"':=([").find(text[k - 1]) != std::string_view::npos))
    --k;
  for (std::string_view word :
       {"version", "ver", "release", "firmware", "build", "fw", "update to", "bump to", "upgrade to", "since"}) {
    if (ends_before(text, k, word)) return true;
  }
  return false;
}

bool stands_alone_as_quad(std::string_view text, std::size_t start, std::size_t end, const unsigned octets[4]) {
  const char left = before(text, start), beyond = start > 1 ? text[start - 2] : '\0';
  const char right = at(text, end), after = at(text, end + 1);
  if (is_word(right) || right == '~' || right == '+') return false;
  if (right == '.' && is_alnum(after)) return false;
  // "5.14.2.5. Details": the number of a section.
  const bool begins_line = left == '\0' || left == '\n';
  constexpr unsigned kMostSections = 31;
  if (begins_line && right == '.' && after == ' ' && is_letter(at(text, end + 2)) &&
      std::all_of(octets, octets + 4, [](unsigned octet) { return octet <= kMostSections; }))
    return false;
  if (right == '-' && is_alnum(after)) {
    unsigned other[4];
    if (quad_end(text, end + 1, other) == 0) return false;  // 1.2.3.4-1 is a package, 1.2.3.4-1.2.3.9 a range
  }
  if (is_word(left) || left == '.' || left == '+' || left == '~') return false;
  if (octets[0] == 0 && octets[1] + octets[2] + octets[3] != 0)
    return false;  // no host's (RFC 1122 3.2.1.3): a version
  if (left == '-' && is_alnum(beyond) && !is_digit(beyond)) return false;
  // Chrome/120.0.0.0 is a browser, host/10.0.0.1 a host.
  if (left == '/' && is_letter(beyond) && octets[1] == 0 && octets[2] == 0 && octets[0] != 10 && octets[0] != 127)
    return false;
  return !after_version_word(text, start);
}

constexpr bool in_v6(char c) { return is_hex(c) || c == ':' || c == '.'; }

// End of the longest IPv6 address at i (RFC 4291 2.2: full, compressed, with dotted quad; RFC 4007 zone); 0 when there
// is none.
std::size_t v6_end(std::string_view text, std::size_t i) {
  std::size_t end = run_end(text, i, in_v6, 46);
  while (end > i && text[end - 1] == '.') --end;
  if (end - i > 2 && text[end - 1] == ':' && text[end - 2] != ':') --end;  // the sentence's colon
  if (end - i > 45 || end - i < 3) return 0;
  char candidate[46] = {};
  std::memcpy(candidate, text.data() + i, end - i);
  in6_addr address;
  if (inet_pton(AF_INET6, candidate, &address) != 1) return 0;
  // std::cafe and a::b are C++ in most texts: a short form needs a digit.
  const std::string_view form = text.substr(i, end - i);
  if (form.find("::") != form.npos && std::none_of(form.begin(), form.end(), is_digit)) return 0;
  if (at(text, end) == '%') {
    const std::size_t zone = run_end(
        text, end + 1, [](char c) { return is_alnum(c) || c == '_' || c == '-'; }, 16);
    if (zone > end + 1) end = zone;
  }
  return is_word(at(text, end)) || at(text, end) == ':' ? (at(text, end) == ':' && !in_v6(at(text, end + 1)) ? end : 0)
                                                        : end;
}

// End of a MAC address at i: six pairs with ':' or '-', or three groups of four with '.'; 0 when there is none.
std::size_t mac_end(std::string_view text, std::size_t i) {
  const std::size_t first = run_end(text, i, is_hex, 5) - i;
  const char separator = at(text, i + first);
  std::size_t groups = 0;
  if (first == 2 && (separator == ':' || separator == '-'))
    groups = 6;
  else if (first == 4 && separator == '.')
    groups = 3;
  else
    return 0;
  bool letter = false;
  std::size_t k = i;
  for (std::size_t g = 0; g < groups; ++g) {
    if (g > 0 && at(text, k++) != separator) return 0;
    for (std::size_t n = 0; n < first; ++n, ++k) {
      if (!is_hex(at(text, k))) return 0;
      letter |= !is_digit(text[k]);
    }
  }
  if (is_word(at(text, k)) || (at(text, k) == separator && is_hex(at(text, k + 1)))) return 0;
  return letter || separator == ':' ? k : 0;
}

}  // namespace

void find_network(std::string_view text, Findings& found) {
  const auto add_address = [&](std::size_t start, std::size_t end, float score, std::string_view rule) {
    if (!every_hosts(text.substr(start, end - start))) found.push_back({start, end, Label::kIpAddress, score, rule});
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_hex(c) && c != ':') continue;
    const char left = before(text, i);
    if (is_word(left) || left == ':') {
      // Not the beginning of anything: on to the end of this word.
      if (is_alnum(c)) i = run_end(text, i, is_alnum) - 1;
      continue;
    }
    std::size_t end = 0;
    if (c == ':') {
      if (at(text, i + 1) == ':' && (end = v6_end(text, i)) != 0) add_address(i, end, 0.97f, "ipv6");
    } else {
      const std::size_t word = run_end(text, i, is_hex, 5);
      unsigned octets[4];
      const char next = at(text, word);
      if (next == '.' && is_digit(c) && word - i <= 3 && (end = quad_end(text, i, octets)) != 0) {
        if (stands_alone_as_quad(text, i, end, octets)) {
          add_address(i, end, 0.98f, "ipv4");
        } else {
          end = run_end(text, end, [](char x) { return is_digit(x) || x == '.'; });
        }
      } else if ((next == ':' || next == '-' || next == '.') && left != next && (end = mac_end(text, i)) != 0) {
        found.push_back({i, end, Label::kMacAddress, 0.99f, "mac"});
      } else if (next == ':' && (end = v6_end(text, i)) != 0) {
        add_address(i, end, 0.99f, "ipv6");
      }
    }
    if (end > i)
      i = end - 1;
    else if (is_alnum(c))
      i = run_end(text, i, is_alnum) - 1;
  }
}

}  // namespace eve::pii
