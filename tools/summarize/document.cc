// SPDX-License-Identifier: Apache-2.0
#include "summarize/document.h"

#include "base/utf8.h"
#include "eve/error.h"

namespace eve::summarize {

Document::Document(const Settings& settings, TurnSink sink) : settings_(settings), sink_(std::move(sink)) {
  if (settings.dialect) {
    dialect_ = settings.dialect;
    decide();
  }
}

void Document::line(std::string_view line) {
  ++lines_;
  bytes_ += line.size() + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (lines_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  std::string valid;
  if (const std::size_t error = utf8_error(line); error != line.npos) {
    if (!settings_.lossy)
      throw Error(Status::kInput, "line " + std::to_string(lines_) + ": byte " + std::to_string(error) +
                                      " is not UTF-8; --lossy leaves such bytes out");
    for (std::size_t at = 0; at < line.size();) {
      const CodePoint point = utf8_at(line, at);
      if (point.value != CodePoint::kInvalid) valid.append(line.substr(at, point.bytes));
      at += point.bytes;
    }
    line = valid;
  }
  if (dialect_) return read(line, lines_);
  head_.emplace_back(line);
  head_bytes_ += line.size();
  if (head_.size() >= kHeadLines || head_bytes_ >= kHeadBytes) decide();
}

void Document::end() {
  if (!dialect_) decide();
  if (reader_) reader_->end();
}

void Document::decide() {
  if (!dialect_) dialect_ = detect(head_);
  if (*dialect_ != Dialect::kLog) reader_ = make_reader(*dialect_, settings_.limit_bytes, sink_);
  const std::vector<std::string> head = std::move(head_);
  head_.clear();
  for (std::size_t i = 0; i < head.size(); ++i) read(head[i], i + 1);
}

void Document::read(std::string_view line, std::uint64_t number) {
  if (reader_)
    reader_->line(line, number);
  else
    log_.add(line, number);
}

}  // namespace eve::summarize
