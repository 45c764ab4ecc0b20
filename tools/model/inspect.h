// SPDX-License-Identifier: Apache-2.0
// What eve-model says about a model.
#pragma once

#include <string>

#include "model/model.h"

namespace eve {

/// Lines for people: shape, parameters, head, task, training summary, tensors. Text from the file is escaped.
std::string describe(const ModelData& model);
/// The same as one JSON object.
std::string describe_json(const ModelData& model);

}  // namespace eve
