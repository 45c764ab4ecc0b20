// SPDX-License-Identifier: Apache-2.0
// Route files: what `eve-route train` writes.
//
//   "EVEROUTE"  8 bytes
//   version     u32, 2; 1 has no Routes::vectors_id and no Linear::dense
//   flags       u32, 0
//   size        u64, bytes of the body
//   checksum    u64, XXH3 of the body
//   body        counts (u32) and arrays, little-endian: labels, vectors_id, linear and the rest of Routes; strings are a
//               u32 length and UTF-8
//
// Everything in it is checked before use: counts against what is left of the file, hashes and labels for their order,
// indices for their range, numbers for being finite.
#pragma once

#include <string>
#include <string_view>

#include "route/router.h"

namespace eve::route {

/// Whether bytes begin as a route file does.
bool is_route_file(std::string_view bytes);

/// Throws kModel ("NAME: ...") for a damaged file or one of another version.
Routes parse_routes(std::string_view bytes, const std::string& name);

/// The file's bytes.
std::string format_routes(const Routes& routes);

}  // namespace eve::route
