// SPDX-License-Identifier: Apache-2.0
// Networks with random weights, for timing shapes nobody has trained.
#pragma once

#include <cstdint>

#include "model/model.h"

namespace eve {

/// Matrices N(0, 0.02), norms 1, bias 0: what training starts from, except that all tensors are windows into one pool
/// of numbers a little larger than the largest of them. Memory is that of the pool, not of the model. No tokenizer;
/// labels must be given in `info` by the caller (config.n_labels of them).
ModelData random_model(const Config& config, std::uint64_t seed);

}  // namespace eve
