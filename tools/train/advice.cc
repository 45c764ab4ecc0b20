// SPDX-License-Identifier: Apache-2.0
#include "train/advice.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "base/jsonl.h"

namespace eve {

std::vector<std::string> advice(const std::vector<std::string>& data, const std::vector<std::string>& dev,
                                std::size_t dropped, std::uint64_t epochs) {
  constexpr std::size_t kFewRows = 1000;
  constexpr std::uint64_t kManyEpochs = 4;
  std::unordered_set<std::size_t> known;  // hashes: a row takes 16 bytes or so
  std::size_t rows = 0, leaked = 0;
  const auto hash = [](simdjson::dom::element row) { return std::hash<std::string>()(simdjson::minify(row)); };
  for (const std::string& path : data)
    for_each_json_line(path, [&](simdjson::dom::element row, const std::string&) {
      known.insert(hash(row));
      ++rows;
    });
  for (const std::string& path : dev)
    for_each_json_line(path,
                       [&](simdjson::dom::element row, const std::string&) { leaked += known.contains(hash(row)); });
  std::vector<std::string> lines;
  // A pipe has been read and gives nothing the second time.
  const bool counted =
      std::ranges::all_of(data, [](const auto& path) { return std::filesystem::is_regular_file(path); });
  if (counted && rows < kFewRows)
    lines.push_back("only " + std::to_string(rows) + " rows: a thousand and more teach a task");
  if (dropped > 0)
    lines.push_back(std::to_string(dropped) + " rows are longer than the context and are left out: shorten them");
  if (known.size() < rows) lines.push_back(std::to_string(rows - known.size()) + " rows repeat others: remove them");
  if (leaked > 0)
    lines.push_back(std::to_string(leaked) + " rows of --dev are also in --data: its score says too much");
  if (epochs > kManyEpochs)
    lines.push_back("more than 4 epochs learn the rows rather than the task: compare with --epochs 2");
  return lines;
}

}  // namespace eve
