// SPDX-License-Identifier: Apache-2.0
// How fast a model is here, and how near that is to what the machine can do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model.h"
#include "tool_limits.h"

namespace eve {

struct BenchFigure {
  std::string name;       ///< "prefill", "decode", "batch"
  std::size_t tokens;     ///< in a sequence
  std::size_t sequences;  ///< side by side
  std::size_t threads;
  double median, best;  ///< tokens a second, of all sequences together
  double share;         ///< of the limit: of operations (prefill), of bytes read (decode); 0: not stated
};

/// A process of its own that reads a prompt of 16 words (ids, when the model has no tokenizer).
struct StartFigure {
  double first_token = 0;      ///< seconds from its start to its end after one token, median; 0: the model writes none
  std::size_t peak_bytes = 0;  ///< most memory at a time (resident, mapped file included), of one that writes 128
};

/// Prefill of 64 and 512 tokens, decoding of 128 after 16, and 8 sequences that decode 32 side by side (or, of a model
/// that labels, are labelled together), as far as the context reaches. One round of all is a sample; limits are sampled
/// in the same rounds.
std::vector<BenchFigure> bench_model(const ModelData& model, std::size_t repetitions, Threads& threads, Limits& limits);

/// Must run before the caller has used much memory: a child inherits its parent's peak. `program` is eve-model.
StartFigure bench_start(const std::string& program, const std::string& path, std::size_t repetitions,
                        std::size_t threads);

/// What one number of threads came to.
struct BenchRun {
  std::size_t threads;
  StartFigure start;
  std::vector<BenchFigure> figures;
  Limits limits;
};

void write_bench(JsonWriter& json, const BenchRun& bench);
/// Lines of a table, and its heading. `cached`: the bandwidth is that of the cache.
std::string bench_lines(const BenchRun& bench, bool cached);
std::string bench_heading();

/// The weights that one token is multiplied with, as they are stored.
std::size_t bytes_per_token(const ModelData& model);
std::size_t weight_bytes(const ModelData& model);

}  // namespace eve
