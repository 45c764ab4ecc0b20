// SPDX-License-Identifier: Apache-2.0
#include "pii/redact.h"

#include <nettle/hmac.h>
#include <xxhash.h>

#include "pii/scan.h"

namespace eve::pii {
namespace {

// Values that are remembered for numbering. Beyond it the values are forgotten and numbers go on, so that two values
// never share one.
constexpr std::size_t kMostNumbers = 1 << 20;

std::string fingerprint(std::string_view label, std::string_view value) {
  const std::string both = std::string(label) + '\0' + std::string(value);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(both.data(), both.size()));
  return std::string(reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest);
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

std::string keyed_digest(std::string_view key, std::string_view label, std::string_view value) {
  const auto bytes = [](std::string_view s) { return reinterpret_cast<const std::uint8_t*>(s.data()); };
  hmac_sha256_ctx context;
  hmac_sha256_set_key(&context, key.size(), bytes(key));
  hmac_sha256_update(&context, label.size(), bytes(label));
  hmac_sha256_update(&context, 1, bytes(std::string_view("\0", 1)));
  hmac_sha256_update(&context, value.size(), bytes(value));
  std::uint8_t digest[SHA256_DIGEST_SIZE];
  hmac_sha256_digest(&context, sizeof digest, digest);
  std::string hex;
  for (std::uint8_t byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

Redactor::Redactor(Settings settings, const LabelSet& labels)
    : settings_(std::move(settings)), labels_(labels), last_number_(labels.size(), 0) {}

void Redactor::forget() {
  last_number_.assign(last_number_.size(), 0);
  numbers_.clear();
  taken_.clear();
  told_.clear();
}

std::string Redactor::tag(std::uint16_t label, std::string_view value) {
  const std::string& name = labels_.name(label);
  if (numbers_.size() >= kMostNumbers && !settings_.exact) numbers_.clear();
  const auto [known, added] = numbers_.try_emplace(fingerprint(name, value), 0);
  const auto token = [&](std::uint32_t number) { return "[" + name + "_" + std::to_string(number) + "]"; };
  if (added) {
    do {
      known->second = ++last_number_[label];
    } while (taken_.contains(token(known->second)));
    if (settings_.on_token) settings_.on_token(token(known->second), name, value);
  }
  return token(known->second);
}

std::string Redactor::replacement(std::uint16_t label, std::string_view value) {
  const std::string& name = labels_.name(label);
  switch (settings_.action[label]) {
    case Action::kTag:
      return tag(label, value);
    case Action::kMask:
      return std::string(characters(value), '*');
    case Action::kRemove:
      return {};
    case Action::kHash: {
      const std::string token = "[" + name + "_x" + keyed_digest(settings_.key, name, value).substr(0, 16) + "]";
      if (taken_.contains(token)) return tag(label, value);
      if (settings_.on_token && told_.insert(token).second) settings_.on_token(token, name, value);
      return token;
    }
    case Action::kPseudonym:
      return pseudonym(name, value, keyed_digest(settings_.key, name, value));
    case Action::kKeep:
      break;
  }
  return std::string(value);
}

std::string Redactor::redact(std::string_view text, const Spans& spans) {
  std::string out;
  out.reserve(text.size() + 16 * spans.size());
  copied_.clear();
  const std::vector<Tag> tags = find_tags(text, labels_);
  for (const Tag& tag : tags) {
    const std::string token(text.substr(tag.start, tag.end - tag.start));
    // A tag whose number is not given yet will not be given.
    const bool given = tag.number != 0 ? tag.number <= last_number_[tag.label] : told_.contains(token);
    if (!given && taken_.size() < kMostNumbers) taken_.insert(token);
  }
  std::size_t from = 0, t = 0;
  const auto copy = [&](std::size_t to) {
    if (to > from) copied_.push_back({from, out.size(), to - from});
    out.append(text.substr(from, to - from));
    from = to;
  };
  const auto copy_with_tags = [&](std::size_t to) {
    for (; settings_.exact && t < tags.size() && tags[t].end <= to; ++t) {
      const std::string_view token = text.substr(tags[t].start, tags[t].end - tags[t].start);
      if (taken_.contains(std::string(token)) || tags[t].start < from) continue;
      copy(tags[t].start);  // its number was given to a value: it becomes a value itself
      out += tag(tags[t].label, token);
      from = tags[t].end;
    }
    copy(to);
  };
  for (const Span& span : spans) {
    copy_with_tags(span.start);
    if (settings_.action[span.label] == Action::kKeep) continue;
    out += replacement(span.label, text.substr(span.start, span.end - span.start));
    from = span.end;
  }
  copy_with_tags(text.size());
  return out;
}

}  // namespace eve::pii
