// SPDX-License-Identifier: Apache-2.0
// The mean of several models of one shape.
#pragma once

#include <string>
#include <vector>

#include "train/backward.h"

namespace eve {

/// Mean of all weights of the files, which are runs from a common ancestor ("model soup", Wortsman et al. 2022: one
/// model as fast as any of them and often better than each). A file named twice counts twice. Throws kInput for files
/// of different shapes or tags.
ParameterBuffer average_models(const std::vector<std::string>& paths);

}  // namespace eve
