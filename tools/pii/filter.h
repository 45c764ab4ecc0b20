// SPDX-License-Identifier: Apache-2.0
// Detection until nothing more is found: what is masked changes how the rest reads, and a second run must find nothing.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pii/detect.h"
#include "pii/redact.h"

namespace eve::pii {

class Filter {
 public:
  /// `actions`: what will become of each label. Both references outlive the filter.
  Filter(Detector& detector, const LabelSet& labels, const std::vector<Action>& actions, std::string_view key);

  /// Spans of consecutive records of one stream.
  std::vector<Spans> run(std::span<const std::string_view> records);

 private:
  Detector& detector_;
  KeyBlock keys_;
  Redactor probe_;
  bool look_again(std::string_view record, const Spans& again, Spans& spans) const;
};

}  // namespace eve::pii
