// SPDX-License-Identifier: Apache-2.0
// The formats of JSON Schema that are enforced, each as a regular expression.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/dfa.h"

namespace eve {

enum class Format : std::uint8_t { kDateTime, kDate, kTime, kDuration, kEmail, kHostname, kIpv4, kIpv6, kUuid, kUri };

/// By its name in JSON Schema ("date-time").
std::optional<Format> format_named(std::string_view name);
std::string_view format_name(Format format);

/// The strings a generator may write: all valid ones, but for leap seconds other than 23:59:60Z and host names of more
/// than 253 bytes, of which some are matched. Made at first use, then shared; thread-safe.
const std::shared_ptr<const Dfa>& format_dfa(Format format);

/// RFC 3339 (date-time, date, time, duration), RFC 5321 (email), RFC 1123 (hostname), RFC 2673 (ipv4), RFC 4291 (ipv6),
/// RFC 4122 (uuid), RFC 3986 (uri). Dates exist in the Gregorian calendar.
bool matches_format(Format format, std::string_view text);

}  // namespace eve
