// SPDX-License-Identifier: Apache-2.0
#include "func/retrieve.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "tasks/text.h"

namespace eve::func {

namespace {

constexpr double kSaturation = 1.2, kLengthShare = 0.75;
constexpr int kNameWeight = 3, kDeepest = 8;

using Counts = std::map<std::string, int>;

void count_words(std::string_view text, int weight, Counts& counts) {
  for (std::string& word : tasks::words(text)) counts[tasks::stem(std::move(word))] += weight;
}

void count_arguments(simdjson::dom::element schema, Counts& counts, int depth = 0) {
  simdjson::dom::object properties;
  if (depth > kDeepest) return;
  if (simdjson::dom::element items; schema["items"].get(items) == simdjson::SUCCESS)
    count_arguments(items, counts, depth + 1);
  if (schema["properties"].get(properties) != simdjson::SUCCESS) return;
  for (const auto& [name, property] : properties) {
    count_words(name, 1, counts);
    if (std::string_view text; property["description"].get(text) == simdjson::SUCCESS) count_words(text, 1, counts);
    if (simdjson::dom::array values; property["enum"].get(values) == simdjson::SUCCESS)
      for (const simdjson::dom::element value : values)
        if (std::string_view text; value.get(text) == simdjson::SUCCESS) count_words(text, 1, counts);
    count_arguments(property, counts, depth + 1);
  }
}

}  // namespace

ToolIndex::ToolIndex(std::span<const tasks::CallableTool> tools) : tools_(tools.size()) {
  std::vector<Counts> counts(tools.size());
  std::vector<double> length(tools.size());
  std::map<std::string, std::size_t> document_frequency;
  double total = 0;
  for (std::size_t i = 0; i < tools.size(); ++i) {
    count_words(tools[i].name, kNameWeight, counts[i]);
    count_words(tools[i].description, 1, counts[i]);
    if (tools[i].parameters) count_arguments(*tools[i].parameters, counts[i]);
    for (const auto& [word, n] : counts[i]) {
      length[i] += n;
      ++document_frequency[word];
    }
    total += length[i];
  }
  const double mean = std::max(1.0, total / static_cast<double>(std::max<std::size_t>(1, tools.size())));
  for (std::size_t i = 0; i < tools.size(); ++i)
    for (const auto& [word, n] : counts[i]) {
      const double df = static_cast<double>(document_frequency[word]);
      const double rarity = std::log(1 + (static_cast<double>(tools.size()) - df + 0.5) / (df + 0.5));
      const double norm = kSaturation * (1 - kLengthShare + kLengthShare * length[i] / mean);
      postings_[word].push_back(
          {static_cast<std::uint32_t>(i), static_cast<float>(rarity * n * (kSaturation + 1) / (n + norm))});
    }
}

std::vector<std::size_t> ToolIndex::best(std::string_view request, std::size_t count) const {
  std::set<std::string> asked;
  for (std::string& word : tasks::words(request)) asked.insert(tasks::stem(std::move(word)));
  std::vector<float> score(tools_);
  for (const std::string& word : asked)
    if (const auto found = postings_.find(word); found != postings_.end())
      for (const Posting& posting : found->second) score[posting.tool] += posting.weight;
  std::vector<std::size_t> order(tools_);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return score[a] > score[b]; });
  order.resize(std::min(count, order.size()));
  std::ranges::sort(order);
  return order;
}

}  // namespace eve::func
