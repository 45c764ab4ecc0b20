// SPDX-License-Identifier: Apache-2.0
// Lines of programs, put together by what they have in common.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eve::summarize {

/// The line without its time, with "*" for each word that holds a digit: equal for lines that one statement wrote.
std::string log_shape(std::string_view line);

/// Clusters of lines in memory that does not grow with their number. After Drain (He et al., 2017): lines with as many
/// words and the same first word join the cluster of which they share most words, at least half; other words become
/// "*".
class LogClusters {
 public:
  struct Cluster {
    std::vector<std::string> words;  ///< "*": differs from line to line
    std::string example;             ///< its first line, without the time
    std::uint64_t count = 0;
    std::uint64_t first = 0, last = 0;  ///< lines of the input
    double severity = 0;                ///< 0: plain, 1: warning, 2: error, 3: fatal
    std::string text() const;           ///< the words
  };

  void add(std::string_view line, std::uint64_t number);
  std::uint64_t lines() const { return lines_; }    ///< that are not empty
  std::uint64_t others() const { return others_; }  ///< of them, in clusters that were given up for room
  std::size_t kinds() const { return clusters_.size(); }
  const std::string& first_time() const { return first_time_; }  ///< as the log writes it; empty: none
  const std::string& last_time() const { return last_time_; }
  /// The `limit` clusters that say most: severe before frequent before plain.
  std::vector<const Cluster*> ranked(std::size_t limit) const;

 private:
  std::list<Cluster> clusters_;
  std::unordered_map<std::string, std::vector<std::list<Cluster>::iterator>> groups_;  // by first word and length
  std::unordered_map<std::string, std::list<Cluster>::iterator> exact_;                // by shape
  std::uint64_t lines_ = 0, others_ = 0;
  std::string first_time_, last_time_;
  void forget();
};

}  // namespace eve::summarize
