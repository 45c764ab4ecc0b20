// SPDX-License-Identifier: Apache-2.0
#include "prompt/templates.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/io.h"
#include "eve/error.h"

namespace eve::prompt {

namespace {

using Text = std::string_view;

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '/';
}

/// Where the name of the wildcard that `text` begins with ends, before its "__"; 0: there is none.
std::size_t name_end(Text text) {
  std::size_t end = 2;
  while (end < text.size() && is_name(text[end]) && !text.substr(end).starts_with("__")) ++end;
  return end > 2 && text.substr(end).starts_with("__") ? end : 0;
}

/// Behind the brace that closes the one at text[at]; npos: none does.
std::size_t close_of(Text text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{') {
      ++depth;
    } else if (text[at] == '}' && --depth == 0) {
      return at;
    }
  }
  return text.npos;
}

/// Parts between `mark` outside inner braces.
std::vector<Text> split(Text text, Text mark) {
  std::vector<Text> parts;
  std::size_t depth = 0, start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{') {
      ++depth;
    } else if (text[at] == '}') {
      depth -= depth > 0;
    } else if (depth == 0 && text.substr(at).starts_with(mark)) {
      parts.push_back(text.substr(start, at - start));
      at += mark.size() - 1;
      start = at + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::optional<std::size_t> count_of(Text text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value <= 100 ? std::optional(value) : std::nullopt;
}

struct Option {
  Text text;
  double weight = 1;
};

Option option_of(Text text) {
  const std::size_t mark = text.find("::");
  double weight = 0;
  if (mark != text.npos && mark > 0) {
    Text number = text.substr(0, mark);
    while (number.starts_with(' ')) number.remove_prefix(1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
    if (error == std::errc() && end == number.data() + number.size() && weight >= 0 && weight <= 1e6)
      return {text.substr(mark + 2), weight};
  }
  return {text, 1};
}

std::size_t draw(const std::vector<Option>& options, Rng& rng) {
  double sum = 0;
  for (const Option& option : options) sum += option.weight;
  double at = rng.uniform() * sum;
  for (std::size_t i = 0; i < options.size(); ++i)
    if ((at -= options[i].weight) < 0) return i;
  return options.size() - 1;
}

}  // namespace

std::string Templates::expand(Text text, Rng& rng) {
  std::size_t budget = kMaxBytes;
  return expand(text, rng, 0, budget);
}

std::string Templates::expand(Text text, Rng& rng, std::size_t depth, std::size_t& budget) {
  if (depth > kMaxDepth) throw Error(Status::kInput, "templates are nested more than 20 deep");
  std::string out;
  const auto spend = [&](std::size_t bytes) {
    if (bytes > budget) throw Error(Status::kInput, "a template grows beyond 64 KiB");
    budget -= bytes;
  };
  for (std::size_t at = 0; at < text.size();) {
    const Text rest = text.substr(at);
    spend(1);
    if (rest[0] == '{') {
      const std::size_t close = close_of(text, at);
      if (close == text.npos) throw Error(Status::kInput, "a brace is not closed; \\{ is a brace that is meant");
      out += choose(text.substr(at + 1, close - at - 1), rng, depth, budget);
      at = close + 1;
      continue;
    }
    if (rest.starts_with("__") && !directory_.empty()) {
      const std::size_t end = name_end(rest);
      if (end > 2) {
        const auto& lines = wildcard(std::string(rest.substr(2, end - 2)));
        out += expand(lines[rng.below(lines.size())], rng, depth + 1, budget);
        at += end + 2;
        continue;
      }
    }
    // "__" that is no wildcard stays whole, and so does what is escaped.
    const std::size_t bytes = rest.size() > 1 && (rest[0] == '\\' || rest.starts_with("__")) ? 2 : 1;
    out += rest.substr(0, bytes);
    at += bytes;
  }
  return out;
}

std::string Templates::choose(Text inside, Rng& rng, std::size_t depth, std::size_t& budget) {
  // {LOW-HIGH$$SEPARATOR$$a|b}
  std::size_t low = 1, high = 1;
  std::string separator = ", ";
  std::vector<Text> parts = split(inside, "$$");
  if (parts.size() > 1) {
    const std::size_t dash = parts[0].find('-');
    const auto from = count_of(parts[0].substr(0, dash));
    const auto to = dash == Text::npos ? from : count_of(parts[0].substr(dash + 1));
    if (from && to && *from <= *to) {
      low = *from;
      high = *to;
      if (parts.size() > 2) separator = parts[1];
      inside = parts.back();
    }
  }
  std::vector<Option> options;
  for (const Text part : split(inside, "|")) options.push_back(option_of(part));
  std::string out;
  high = std::min(high, options.size());
  low = std::min(low, high);
  for (std::size_t left = low + rng.below(high - low + 1); left > 0 && !options.empty(); --left) {
    const std::size_t at = draw(options, rng);
    if (!out.empty()) out += separator;
    out += expand(options[at].text, rng, depth + 1, budget);
    options.erase(options.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return out;
}

const std::vector<std::string>& Templates::wildcard(const std::string& name) {
  auto& lines = wildcards_[name];
  if (!lines.empty()) return lines;
  // Names hold no dot, so that no path leaves the folder.
  if (name.starts_with('/')) throw Error(Status::kInput, "a wildcard's name must not begin with /");
  const std::string text = read_file(directory_ + "/" + name + ".txt", 16 << 20);
  for (Text rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    Text line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line = line.substr(0, line.find('#'));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
  }
  if (lines.empty()) throw Error(Status::kInput, "the wildcard " + printable(name) + " has no lines");
  return lines;
}

}  // namespace eve::prompt
