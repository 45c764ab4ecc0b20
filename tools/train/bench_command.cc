// SPDX-License-Identifier: Apache-2.0
#include "model/shape.h"
#include "train/bench.h"
#include "train/commands.h"

namespace eve {

namespace {

struct {
  std::string shape, math = "bf16";
  std::uint64_t labels = 33;
  TrainBenchOptions options;
} bench;

Status run_bench(Run& run) {
  Config config = read_shape(bench.shape);
  if (config.vocab_size == 0) config.vocab_size = 8192;
  if (config.head != Head::kLm) config.n_labels = bench.labels;
  check_config(config, printable(bench.shape));
  bench.options.math = math_named(bench.math);
  bench.options.seed = run.seed;
  Threads threads(run.threads);
  const TrainBench result = bench_training(config, bench.options, threads);
  if (run.json) {
    std::string line;
    JsonWriter(line)
        .begin_object()
        .member("math", bench.math)
        .member("threads", threads.count())
        .member("sequences", bench.options.sequences)
        .member("length", bench.options.length)
        .member("targets", bench.options.targets)
        .member("repetitions", bench.options.repetitions)
        .member("tokens_per_second", result.median)
        .member("best", result.best)
        .member("share", result.share)
        .member("limit", result.limit.name)
        .member("limit_operations_per_second", result.limit.operations)
        .member("peak_bytes", result.peak_bytes)
        .member("loss", result.cross_entropy)
        .end_object();
    run.out.write(line);
  } else {
    run.out.write(fixed(result.median, 0) + " tokens/s (best " + fixed(result.best, 0) + "), " +
                  fixed(100 * result.share, 1) + " % of " + result.limit.name + " at " +
                  fixed(result.limit.operations / 1e9, 0) + " G/s; " +
                  fixed(static_cast<double>(result.peak_bytes) / (1 << 20), 0) + " MiB");
  }
  run.out.end_record();
  return Status::kOk;
}

}  // namespace

Command bench_command() {
  Command c;
  c.name = "bench";
  c.summary = "time training on this machine";
  c.description =
      "Trains a network of the given shape on tokens that mean nothing and prints tokens a second (the median and the "
      "best of --repetitions steps), the share of what the machine can do (operations a second of the fastest product "
      "instruction in use, with --math f32 of fp32's, measured between the steps) and the most memory held. A shape "
      "without vocab_size gets 8192.";
  c.examples = {{"eve-train bench shape.json --sequences 8 --length 256", "time steps of 2,048 tokens"}};
  c.common = {Common::kJson, Common::kOutput, Common::kThreads, Common::kSeed};
  c.options = {
      argument("SHAPE", "The JSON file that says the sizes of the network.", &bench.shape),
      option("--sequences", "N", "Sequences in a step.", &bench.options.sequences, 1, 1 << 16),
      option("--length", "N", "Tokens in a sequence.", &bench.options.length, 1, 1 << 16),
      option("--targets", "X", "Share of the tokens that carry a target.", &bench.options.targets, 0, 1),
      choice("--math", "TYPE", "Precision of products; weights and sums are fp32.", &bench.math, {"bf16", "f32"}),
      option("--micro-tokens", "N", "Tokens in memory at a time.", &bench.options.micro_tokens, 1, 1 << 24),
      option("--labels", "N", "Rows of a tag or label head.", &bench.labels, 1, 4001),
      option("--repetitions", "N", "Steps that are timed.", &bench.options.repetitions, 1, 10000)};
  c.run = run_bench;
  return c;
}

}  // namespace eve
