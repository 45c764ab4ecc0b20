// SPDX-License-Identifier: Apache-2.0
#include "decode/schema_uri.h"

#include <cctype>

namespace eve {
namespace {

struct Split {
  std::string scheme, authority, path, query;  // with "scheme:", "//authority", "?query"
};

Split split(std::string_view text) {
  Split out;
  const auto take = [&](std::string& part, std::size_t size) {
    part = text.substr(0, size);
    text.remove_prefix(part.size());
  };
  const std::size_t colon = text.find_first_of(":/?");
  if (colon != std::string_view::npos && colon != 0 && text[colon] == ':') take(out.scheme, colon + 1);
  if (text.starts_with("//")) take(out.authority, text.find_first_of("/?", 2));
  take(out.path, text.find('?'));
  out.query = text;
  return out;
}

std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  bool slash = false;  // ends in one
  for (std::size_t at = path.starts_with('/') ? 1 : 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    slash = part == "." || part == "..";
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!slash) parts.push_back(part);
    at = end + 1;
  }
  if (slash) parts.push_back("");
  std::string out = path.starts_with('/') ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += '/';
    out += parts[i];
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + 1])) &&
        std::isxdigit(static_cast<unsigned char>(text[at + 2]))) {
      out += static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2]));
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

}  // namespace

UriParts resolve_uri(std::string_view base, std::string_view reference) {
  UriParts out;
  const std::size_t hash = reference.find('#');
  if (hash != std::string_view::npos) out.fragment = unescaped(reference.substr(hash + 1));
  reference = reference.substr(0, hash);
  if (reference.empty()) {
    out.uri = base;
    return out;
  }
  const Split from = split(base);
  Split to = split(reference);
  if (to.scheme.empty()) {
    to.scheme = from.scheme;
    if (to.authority.empty()) {
      to.authority = from.authority;
      if (to.path.empty()) {
        to.path = from.path;
      } else if (to.path[0] != '/') {
        const std::size_t slash = from.path.rfind('/');
        const bool bare = from.path.empty() && !from.authority.empty();
        to.path = (bare ? "/" : slash == std::string::npos ? "" : from.path.substr(0, slash + 1)) + to.path;
      }
    }
  }
  if (!to.authority.empty() || to.path.starts_with('/')) to.path = without_dots(to.path);
  out.uri = to.scheme + to.authority + to.path + to.query;
  return out;
}

std::optional<std::vector<std::string>> pointer_steps(std::string_view pointer) {
  std::vector<std::string> steps;
  if (!pointer.empty() && pointer[0] != '/') return std::nullopt;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      steps.emplace_back();
    } else if (pointer[at] == '~') {
      if (++at == pointer.size() || (pointer[at] != '0' && pointer[at] != '1')) return std::nullopt;
      steps.back() += pointer[at] == '0' ? '~' : '/';
    } else {
      steps.back() += pointer[at];
    }
  }
  return steps;
}

}  // namespace eve
