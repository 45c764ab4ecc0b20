// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/bench.h"

namespace eve {

namespace {

constexpr std::size_t kName = 24, kNumber = 14, kShare = 8;

std::string left(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 1, ' ') + text;
}

std::string whole(double number) { return grouped(static_cast<std::size_t>(number + 0.5)); }

}  // namespace

void write_bench(JsonWriter& json, const BenchRun& bench) {
  json.begin_object().member("threads", bench.threads).key("figures").begin_array();
  for (const BenchFigure& f : bench.figures) {
    json.begin_object().member("name", f.name).member("tokens", f.tokens).member("sequences", f.sequences);
    json.member("tokens_per_second", f.median).member("best", f.best);
    if (f.share > 0) json.member("share", f.share);
    json.end_object();
  }
  json.end_array();
  if (bench.start.first_token > 0)
    json.member("first_token_seconds", bench.start.first_token).member("peak_bytes", bench.start.peak_bytes);
  json.key("limits").begin_object();
  bench.limits.write(json);
  json.end_object().end_object();
}

std::string bench_heading() {
  return left("", kName) + "threads" + right("tokens/s", kNumber) + right("best", kNumber) + right("share", kShare) +
         "\n";
}

std::string bench_lines(const BenchRun& bench, bool cached) {
  std::string text;
  const auto begin = [&](const std::string& name, const std::string& value) {
    text += left(name, kName) + right(std::to_string(bench.threads), 7) + right(value, kNumber);
  };
  for (const BenchFigure& f : bench.figures) {
    const bool reads = f.name == "decode";
    begin(f.name + " " + (f.sequences > 1 ? std::to_string(f.sequences) + " x " : "") + std::to_string(f.tokens),
          whole(f.median));
    text += right(whole(f.best), kNumber);
    if (f.share > 0)
      text += right(whole(100 * f.share), kShare - 2) + " % of " +
              (reads ? std::string(cached ? "cache" : "memory") : bench.limits.fastest().name);
    text += "\n";
  }
  const auto line = [&](const std::string& name, const std::string& value) {
    begin(name, value);
    text += "\n";
  };
  if (bench.start.first_token > 0) {
    line("first token", whole(1e6 * bench.start.first_token) + " us");
    line("peak memory", whole(static_cast<double>(bench.start.peak_bytes) / 1024) + " KiB");
  }
  for (const Limits::Rate& rate : bench.limits.arithmetic()) line(rate.name, whole(rate.operations / 1e9) + " G/s");
  line(cached ? "cache, read" : "memory, read", whole(bench.limits.read_bandwidth() / 1e6) + " MB/s");
  return text;
}

}  // namespace eve
