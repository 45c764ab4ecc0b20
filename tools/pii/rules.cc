// SPDX-License-Identifier: Apache-2.0
#include "pii/rules.h"

#include <algorithm>

namespace eve::pii {

Findings find_by_rule(std::string_view text) {
  Findings all;
  find_urls(text, all);
  find_emails(text, all);
  find_cookies(text, all);
  find_network(text, all);
  find_numbers(text, all);
  find_transfers(text, all);
  find_secrets(text, all);
  find_commands(text, all);
  find_by_words(text, all);
  find_users(text, all);
  if (all.size() < 2) return all;

  std::stable_sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) { return a.start < b.start; });
  Findings kept;
  for (Finding f : all) {
    while (!kept.empty() && f.start < kept.back().end) {
      Finding& last = kept.back();
      if (f.score <= last.score) {  // the earlier one stays whole
        f.start = last.end;
        break;
      }
      if (f.end < last.end) {  // a better one inside: what follows it stays the other's
        Finding tail = last;
        tail.start = f.end;
        if (f.start == last.start)
          kept.pop_back();
        else
          last.end = f.start;
        kept.push_back(f);
        f = tail;
        break;
      }
      last.end = f.start;
      if (last.end > last.start) break;
      kept.pop_back();
    }
    if (f.start < f.end) kept.push_back(f);
  }
  return kept;
}

}  // namespace eve::pii
