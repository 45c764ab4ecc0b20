// SPDX-License-Identifier: Apache-2.0
#include "summarize/log.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "summarize/line_head.h"
#include "summarize/turn.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;

constexpr std::size_t kMaxClusters = 4096, kMaxGroup = 64, kMaxShapes = 1 << 15, kMaxWords = 60, kMaxLine = 2000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Calls `take` with each word.
template <class Take>
void each_word(Text line, Take take) {
  for (std::size_t at = 0, words = 0; at < line.size() && words < kMaxWords; ++words) {
    while (at < line.size() && is_blank(line[at])) ++at;
    const std::size_t start = at;
    while (at < line.size() && !is_blank(line[at])) ++at;
    if (at > start) take(line.substr(start, at - start));
  }
}

bool varies(Text word) { return std::ranges::any_of(word, is_digit); }

/// A variable word, with what stands around it: "[24200]:" is "*:", "size=12" is "size=*".
void append_masked(std::string& out, Text word) {
  const std::size_t equals = word.find('=');
  const std::size_t bracket = word.find_first_of("[(");
  std::size_t keep = 0;
  if (equals != word.npos && !varies(word.substr(0, equals)))
    keep = equals + 1;
  else if (bracket != word.npos && bracket > 0 && !varies(word.substr(0, bracket)))
    keep = bracket;
  out.append(word.substr(0, keep)).append("*");
  if (word.back() == ':' || word.back() == ',' || word.back() == '.') out += word.back();
}

double severity_of(Text line) {
  std::string lower;
  for (const char c : line.substr(0, 400)) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  struct Sign {
    Text text;
    double weight;
  };
  static constexpr std::array<Sign, 20> kSigns = {
      {{"fatal", 3},     {"panic", 3},       {"emerg", 3},    {"out of memory", 3}, {"critical", 3},
       {"segfault", 3},  {"corrupt", 3},     {"error", 2},    {"exception", 2},     {"fail", 2},
       {"denied", 1.5},  {"refused", 1.5},   {"unable", 1.5}, {"cannot", 1.5},      {"break-in", 2},
       {"timeout", 1.5}, {"timed out", 1.5}, {"warn", 1},     {"invalid", 1},       {"unexpected", 1}}};
  double found = 0;
  for (const Sign& sign : kSigns) {
    const std::size_t at = lower.find(sign.text);
    // "errorCode=0" and "no errors" say that there was none.
    if (at == lower.npos || (at >= 3 && lower.compare(at - 3, 3, "no ") == 0)) continue;
    if (at >= 2 && lower.compare(at - 2, 2, "0 ") == 0 && (at < 3 || !is_digit(lower[at - 3]))) continue;
    found = std::max(found, sign.weight);
  }
  return found;
}

}  // namespace

std::string log_shape(Text line) {
  std::string shape;
  each_word(line.substr(0, kMaxLine).substr(std::min(stamp_end(line.substr(0, kMaxLine)), line.size())),
            [&](Text word) {
              if (!shape.empty()) shape += ' ';
              if (varies(word))
                append_masked(shape, word);
              else
                shape += word;
            });
  return shape;
}

std::string LogClusters::Cluster::text() const {
  std::string text;
  for (const std::string& word : words) {
    // A list whose items all differ is one.
    if (word == "*" && text.ends_with('*')) continue;
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

void LogClusters::add(Text line, std::uint64_t number) {
  line = line.substr(0, kMaxLine);
  const std::size_t stamp = stamp_end(line);
  const std::string shape = log_shape(line);
  if (shape.empty()) return;
  ++lines_;
  if (clusters_.size() >= kMaxClusters) forget();
  if (stamp) {
    last_time_.assign(line.substr(0, stamp));
    if (first_time_.empty()) first_time_ = last_time_;
  }
  const auto join = [&](Cluster& cluster) {
    ++cluster.count;
    cluster.last = number;
  };
  if (const auto known = exact_.find(shape); known != exact_.end()) return join(*known->second);

  std::vector<std::string> words;
  each_word(shape, [&](Text word) { words.emplace_back(word); });
  auto& group = groups_[std::to_string(words.size()) + ' ' + words[0]];
  auto best = clusters_.end();
  std::size_t best_equal = 0;
  for (const auto& cluster : group) {
    std::size_t equal = 0;
    for (std::size_t i = 0; i < words.size(); ++i) equal += cluster->words[i] == words[i] && words[i] != "*";
    if (equal > best_equal) {
      best_equal = equal;
      best = cluster;
    }
  }
  const std::size_t fixed =
      static_cast<std::size_t>(std::ranges::count_if(words, [](const auto& w) { return w != "*"; }));
  if (best != clusters_.end() && (best_equal * 5 >= fixed * 3 || group.size() >= kMaxGroup) && best_equal > 0) {
    for (std::size_t i = 0; i < words.size(); ++i)
      if (best->words[i] != words[i]) best->words[i] = "*";
  } else {
    Cluster cluster;
    cluster.words = std::move(words);
    cluster.example = clean_line(line.substr(stamp));
    cluster.first = number;
    cluster.severity = severity_of(line.substr(stamp));
    clusters_.push_back(std::move(cluster));
    best = std::prev(clusters_.end());
    group.push_back(best);
  }
  join(*best);
  if (exact_.size() >= kMaxShapes) exact_.clear();
  exact_.emplace(shape, best);
}

/// Gives up the half with the fewest lines, of the same severity class the oldest first.
void LogClusters::forget() {
  std::vector<std::list<Cluster>::iterator> all;
  for (auto at = clusters_.begin(); at != clusters_.end(); ++at) all.push_back(at);
  const auto worth = [](const auto& cluster) {
    return std::pair(static_cast<double>(cluster->count) * (1 + cluster->severity), cluster->last);
  };
  std::ranges::sort(all, [&](const auto& a, const auto& b) { return worth(a) < worth(b); });
  all.resize(all.size() / 2);
  for (const auto& cluster : all) {
    others_ += cluster->count;
    clusters_.erase(cluster);
  }
  exact_.clear();
  groups_.clear();
  for (auto at = clusters_.begin(); at != clusters_.end(); ++at)
    groups_[std::to_string(at->words.size()) + ' ' + at->words[0]].push_back(at);
}

std::vector<const LogClusters::Cluster*> LogClusters::ranked(std::size_t limit) const {
  std::vector<const Cluster*> all;
  for (const Cluster& cluster : clusters_) all.push_back(&cluster);
  const auto worth = [](const Cluster* cluster) {
    return (1 + cluster->severity) * std::log1p(static_cast<double>(cluster->count));
  };
  std::ranges::stable_sort(all, [&](const Cluster* a, const Cluster* b) { return worth(a) > worth(b); });
  if (all.size() > limit) all.resize(limit);
  return all;
}

}  // namespace eve::summarize
