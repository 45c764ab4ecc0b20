// SPDX-License-Identifier: Apache-2.0
#include "extract/records.h"

#include "tasks/answer.h"

namespace eve::extract {

Texts::Texts(Run& run, std::vector<std::string> files, Unit unit) : run_(run), files_(std::move(files)), unit_(unit) {
  if (files_.empty()) files_.push_back("-");
  if (unit_ != Unit::kWhole) records_.emplace(run_, files_);
}

bool Texts::next(std::string& text) {
  bool found = false;
  if (unit_ == Unit::kWhole) {
    found = next_file_ < files_.size();
    if (found) text = run_.read(files_[next_file_++]);
  } else if (unit_ == Unit::kParagraph) {
    found = next_paragraph(text);
  } else {
    found = records_->next(text);
    if (text.ends_with('\r')) text.pop_back();
  }
  if (found) tasks::check_text(text, ++count_);
  return found;
}

bool Texts::next_paragraph(std::string& text) {
  text.clear();
  for (std::string line; records_->next(line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == line.npos) {
      if (text.empty()) continue;
      return true;
    }
    text += (text.empty() ? "" : "\n") + line;
    if (text.size() > run_.max_input)
      throw Error(Status::kInput, "paragraph " + std::to_string(count_ + 1) + " is larger than --max-input (" +
                                      std::to_string(run_.max_input) + " bytes)");
  }
  return !text.empty();
}

bool Texts::may_join() { return unit_ == Unit::kLine && records_->may_join(); }

}  // namespace eve::extract
