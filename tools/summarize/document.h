// SPDX-License-Identifier: Apache-2.0
// A document as it comes in, line by line, in memory that does not grow with it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "summarize/log.h"
#include "summarize/reader.h"

namespace eve::summarize {

class Document {
 public:
  struct Settings {
    std::optional<Dialect> dialect;      ///< else by the first lines
    bool lossy = false;                  ///< what is not UTF-8 is left out, else refused
    std::size_t limit_bytes = 16 << 20;  ///< of what must be kept whole
  };
  /// `sink` receives the turns; of a log there are none.
  Document(const Settings& settings, TurnSink sink);

  /// The next line, without its end. Throws kInput with the line and byte of what is not UTF-8.
  void line(std::string_view line);
  /// No more lines.
  void end();

  /// Known when the first lines have been seen, at the latest after end().
  std::optional<Dialect> dialect() const { return dialect_; }
  const LogClusters& log() const { return log_; }
  std::uint64_t lines() const { return lines_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  Settings settings_;
  TurnSink sink_;
  std::optional<Dialect> dialect_;
  std::unique_ptr<Reader> reader_;
  LogClusters log_;
  std::vector<std::string> head_;
  std::size_t head_bytes_ = 0;
  std::uint64_t lines_ = 0, bytes_ = 0;

  void decide();
  void read(std::string_view line, std::uint64_t number);
};

}  // namespace eve::summarize
