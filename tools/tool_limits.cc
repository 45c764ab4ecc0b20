// SPDX-License-Identifier: Apache-2.0
#include "tool_limits.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "kernels/gemm_peak.h"
#include "model/tensors.h"

namespace eve {

namespace {

constexpr double kSampleSeconds = 4e-3;
constexpr std::size_t kLine = 64, kUnit = 1024;  // read_all takes multiples of it

}  // namespace

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Samples::median() const {
  std::vector<double> sorted = seconds_;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  return n == 0 ? 0 : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

double Samples::best() const { return seconds_.empty() ? 0 : *std::min_element(seconds_.begin(), seconds_.end()); }

Limits::Limits(Threads& threads, std::size_t read_bytes) : threads_(threads) {
  if (read_bytes > 0) buffer_.resize((read_bytes / kUnit + 1) * kUnit + kLine, std::byte{1});
  for (const PeakLoop& loop : peak_loops()) {
    std::size_t rounds = 1000;
    while (seconds_of([&] { loop.run(rounds); }) < kSampleSeconds) rounds *= 2;
    rounds_.push_back(rounds);
    arithmetic_.push_back({loop.name, 0});
  }
}

void Limits::measure() {
  const std::vector<PeakLoop> loops = peak_loops();
  const std::size_t n = threads_.count();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    const double seconds =
        seconds_of([&] { threads_.parallel_for(n, 1, [&](std::size_t, std::size_t) { loops[i].run(rounds_[i]); }); });
    const double operations = loops[i].operations * static_cast<double>(rounds_[i] * n) / seconds;
    arithmetic_[i].operations = std::max(arithmetic_[i].operations, operations);
  }
  if (buffer_.empty()) return;
  const std::size_t offset = (kLine - reinterpret_cast<std::uintptr_t>(buffer_.data()) % kLine) % kLine;
  const std::size_t bytes = (buffer_.size() - kLine) / kUnit * kUnit;
  const double seconds = seconds_of([&] {
    threads_.parallel_for(bytes, kUnit, [&](std::size_t begin, std::size_t end) {
      volatile unsigned char sink = read_all(buffer_.data() + offset + begin, end - begin);
      static_cast<void>(sink);
    });
  });
  bandwidth_ = std::max(bandwidth_, static_cast<double>(bytes) / seconds);
}

const Limits::Rate& Limits::fastest() const {
  return *std::max_element(arithmetic_.begin(), arithmetic_.end(),
                           [](const Rate& a, const Rate& b) { return a.operations < b.operations; });
}

void Limits::write(JsonWriter& json) const {
  json.key("arithmetic").begin_array();
  for (const Rate& rate : arithmetic_)
    json.begin_object().member("name", rate.name).member("operations_per_second", rate.operations).end_object();
  json.end_array();
  if (!buffer_.empty()) json.member("read_bytes", buffer_.size()).member("read_bytes_per_second", bandwidth_);
}

std::size_t cache_bytes() {
  for (const int level : {_SC_LEVEL4_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL2_CACHE_SIZE})
    if (const long bytes = sysconf(level); bytes > 0) return static_cast<std::size_t>(bytes);
  return 0;
}

double forward_operations(const Config& config, std::size_t tokens, std::size_t scored, double pairs) {
  const std::size_t head = (config.head == Head::kLm ? config.vocab_size : config.n_labels) * config.n_embd;
  const std::size_t trunk = count_parameters(config).active - head;
  return 2 * static_cast<double>(trunk) * static_cast<double>(tokens) +
         2 * static_cast<double>(head) * static_cast<double>(scored) +
         4 * static_cast<double>(config.attn_dim() * config.n_layer) * pairs;
}

double attended_pairs(const Config& config, std::size_t tokens) {
  const double n = static_cast<double>(tokens);
  return config.causal() ? n * (n + 1) / 2 : n * n;
}

std::string grouped(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace eve
