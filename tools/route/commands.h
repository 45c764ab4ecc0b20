// SPDX-License-Identifier: Apache-2.0
// The commands of eve-route beside routing itself, and what they share with it.
#pragma once

#include <string>

#include "route/router.h"
#include "tool.h"

namespace eve::route {

/// The routes of a file: a route file, or examples, which are trained on at once. Empty: the bundled routes. Throws
/// kModel and kInput.
Routes open_routes(const std::string& path, const Run& run);

/// A probability that is below 0 until it is given.
Option threshold(std::string flags, std::string help, double* target);

Command train_command();
Command eval_command();
Command calibrate_command();

}  // namespace eve::route
