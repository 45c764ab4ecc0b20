// SPDX-License-Identifier: Apache-2.0
// Text as it is written.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"

namespace eve {

/// Text as it grows: finds stop strings, and passes on what no stop string can begin in any more.
class TextStream {
 public:
  TextStream(const std::vector<std::string>& stop, const std::function<void(std::string_view)>& on_text)
      : stop_(stop), on_text_(on_text) {}

  /// True when a stop string is complete; the text then ends before it.
  bool append(std::string_view bytes) {
    const std::size_t old = text_.size();
    text_ += bytes;
    std::size_t found = std::string::npos;
    for (const std::string& stop : stop_)
      if (!stop.empty()) found = std::min(found, text_.find(stop, old < stop.size() ? 0 : old - stop.size() + 1));
    if (found != std::string::npos) text_.resize(found);
    emit(found != std::string::npos ? text_.size() : std::min(utf8_complete_prefix(text_), safe_length()));
    return found != std::string::npos;
  }
  const std::string& text() const { return text_; }
  std::string finish() {
    emit(text_.size());
    return std::move(text_);
  }

 private:
  const std::vector<std::string>& stop_;
  const std::function<void(std::string_view)>& on_text_;
  std::string text_;
  std::size_t emitted_ = 0;

  std::size_t safe_length() const {
    std::size_t safe = text_.size();
    for (const std::string& stop : stop_)
      for (std::size_t n = std::min(stop.size(), text_.size()); n > 0; --n)
        if (std::string_view(text_).ends_with(std::string_view(stop).substr(0, n))) {
          safe = std::min(safe, text_.size() - n);
          break;
        }
    return safe;
  }
  void emit(std::size_t end) {
    if (on_text_ && end > emitted_) on_text_(std::string_view(text_).substr(emitted_, end - emitted_));
    emitted_ = std::max(emitted_, end);
  }
};

}  // namespace eve
