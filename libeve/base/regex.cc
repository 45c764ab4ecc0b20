// SPDX-License-Identifier: Apache-2.0
#include "base/regex.h"

#include <memory>
#include <optional>
#include <string>

#include "base/nfa.h"
#include "base/regex_classes.h"
#include "base/utf8.h"
#include "eve/error.h"

namespace eve {
namespace {

constexpr std::uint32_t kMaxRepeat = 1'000;
constexpr std::uint32_t kEndless = 0xFFFFFFFF;
constexpr std::size_t kMaxDepth = 100;

struct Tree {
  enum Kind { kEmpty, kClass, kSequence, kChoice, kRepeat, kStart, kEnd } kind = kEmpty;
  std::vector<CodeRange> ranges;  // normalised
  std::vector<Tree> parts;
  std::uint32_t min = 0, max = 0;
};

/// Recursive descent over ECMA-262's Pattern (22.2.1) with the u flag; an escaped character that needs no escape is
/// that character, and a lone ] or } is itself, as patterns in use have them.
class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern) {
    const std::size_t bad = utf8_error(pattern);
    if (bad != std::string_view::npos) at_ = bad, fail("is not UTF-8");
  }

  Tree parse() {
    Tree tree = choice(0);
    if (!done()) fail("closes a group that is not open");
    return tree;
  }

 private:
  std::string_view pattern_;
  std::size_t at_ = 0;

  [[noreturn]] void fail(const char* what) const { fail_at(at_, what); }
  [[noreturn]] static void fail_at(std::size_t at, const char* what) {
    throw Error(Status::kInput,
                "the regular expression " + std::string(what) + " (at offset " + std::to_string(at) + ")");
  }
  bool done() const { return at_ == pattern_.size(); }
  bool next_is(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
  bool take(std::string_view text) {
    if (!next_is(text)) return false;
    at_ += text.size();
    return true;
  }
  std::uint32_t character() {
    const CodePoint point = utf8_at(pattern_, at_);
    at_ += point.bytes;
    return point.value;
  }

  Tree choice(std::size_t depth) {
    if (depth > kMaxDepth) fail("is nested too deeply");
    Tree out{Tree::kChoice, {}, {}, 0, 0};
    do out.parts.push_back(sequence(depth));
    while (take("|"));
    return out.parts.size() == 1 ? std::move(out.parts.front()) : std::move(out);
  }

  Tree sequence(std::size_t depth) {
    Tree out{Tree::kSequence, {}, {}, 0, 0};
    while (!done() && !next_is("|") && !next_is(")")) out.parts.push_back(repeated(depth));
    return out.parts.size() == 1 ? std::move(out.parts.front()) : std::move(out);
  }

  std::optional<std::uint32_t> number() {
    const std::size_t from = at_;
    std::uint64_t value = 0;
    for (; !done() && pattern_[at_] >= '0' && pattern_[at_] <= '9'; ++at_)
      value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(pattern_[at_] - '0'), kEndless);
    if (at_ == from) return std::nullopt;
    if (value > kMaxRepeat) fail_at(from, "repeats more than 1,000 times");
    return static_cast<std::uint32_t>(value);
  }

  Tree repeated(std::size_t depth) {
    Tree part = atom(depth);
    for (bool first = true;; first = false) {
      const std::size_t from = at_;
      std::uint32_t min = 0, max = kEndless;
      if (take("*")) {
      } else if (take("+")) {
        min = 1;
      } else if (take("?")) {
        max = 1;
      } else if (next_is("{")) {
        ++at_;
        const auto low = number();
        if (!low) return at_ = from, fail("has a brace that is no repeat; write \\{"), part;
        min = max = *low;
        if (take(",")) max = number().value_or(kEndless);
        if (!take("}")) return at_ = from, fail("has a brace that is no repeat; write \\{"), part;
        if (min > max) fail_at(from, "has a repeat whose bounds are out of order");
      } else {
        return part;
      }
      if (!first || part.kind == Tree::kStart || part.kind == Tree::kEnd)
        fail_at(from, "repeats what cannot be repeated");
      take("?");  // lazy: the same set of strings
      Tree out{Tree::kRepeat, {}, {}, min, max};
      out.parts.push_back(std::move(part));
      part = std::move(out);
    }
  }

  static Tree of(std::vector<CodeRange> ranges) { return {Tree::kClass, normalised(std::move(ranges)), {}, 0, 0}; }

  Tree atom(std::size_t depth) {
    const std::size_t from = at_;
    if (take("^")) return {Tree::kStart, {}, {}, 0, 0};
    if (take("$")) return {Tree::kEnd, {}, {}, 0, 0};
    if (take(".")) return {Tree::kClass, complement(line_end_class()), {}, 0, 0};
    if (take("[")) return of(set(from));
    if (take("(")) {
      for (const char* look : {"?=", "?!", "?<=", "?<!"})
        if (take(look)) fail_at(from, "has look-around, which is not supported");
      if (take("?<")) {
        while (!done() && pattern_[at_] != '>') ++at_;
        if (!take(">")) fail_at(from, "has a group name without an end");
      } else if (take("?:")) {
      } else if (next_is("?")) {
        fail_at(from, "has a group of an unknown kind");
      }
      Tree inside = choice(depth + 1);
      if (!take(")")) fail_at(from, "has a group that is not closed");
      return inside;
    }
    if (next_is("*") || next_is("+") || next_is("?") || next_is("{")) fail("repeats nothing");
    if (take("\\")) return of(escape(from, false));
    const std::uint32_t c = character();
    return of({{c, c}});
  }

  std::uint32_t hex(std::size_t from, std::size_t digits) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      const char c = done() ? ' ' : pattern_[at_];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) fail_at(from, "has a malformed escape");
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  std::uint32_t unicode_escape(std::size_t from) {
    if (take("{")) {
      std::uint32_t value = 0;
      std::size_t digits = 0;
      for (; !done() && pattern_[at_] != '}' && digits < 8; ++digits) value = value << 4 | hex(from, 1);
      if (digits == 0 || value > 0x10FFFF || !take("}")) fail_at(from, "has a malformed escape");
      return value;
    }
    const std::uint32_t high = hex(from, 4);
    if (high < 0xD800 || high > 0xDBFF || !next_is("\\u")) return high;
    const std::size_t after = at_;
    at_ += 2;
    const std::uint32_t low = hex(from, 4);
    if (low >= 0xDC00 && low <= 0xDFFF) return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    at_ = after;
    return high;
  }

  /// What follows a backslash.
  std::vector<CodeRange> escape(std::size_t from, bool in_set) {
    if (done()) fail_at(from, "ends with a backslash");
    const std::uint32_t c = character();
    const auto one = [](std::uint32_t value) { return std::vector<CodeRange>{{value, value}}; };
    switch (c) {
      case 'd':
        return digit_class();
      case 'D':
        return complement(digit_class());
      case 'w':
        return word_class();
      case 'W':
        return complement(word_class());
      case 's':
        return space_class();
      case 'S':
        return complement(space_class());
      case 't':
        return one('\t');
      case 'n':
        return one('\n');
      case 'v':
        return one('\v');
      case 'f':
        return one('\f');
      case 'r':
        return one('\r');
      case '0':
        if (!done() && pattern_[at_] >= '0' && pattern_[at_] <= '9') fail_at(from, "has an octal escape");
        return one(0);
      case 'x':
        return one(hex(from, 2));
      case 'u':
        return one(unicode_escape(from));
      case 'c':
        if (done() || !((pattern_[at_] | 0x20) >= 'a' && (pattern_[at_] | 0x20) <= 'z'))
          fail_at(from, "has a malformed escape");
        return one(static_cast<std::uint32_t>(pattern_[at_++]) & 31);
      case 'p':
      case 'P': {
        if (!take("{")) fail_at(from, "has a malformed escape");
        const std::size_t end = pattern_.find('}', at_);
        if (end == std::string_view::npos) fail_at(from, "has a malformed escape");
        std::vector<CodeRange> ranges = category_class(pattern_.substr(at_, end - at_));
        if (ranges.empty()) fail_at(from, "names a Unicode property that is not supported; general categories are");
        at_ = end + 1;
        return c == 'p' ? ranges : complement(ranges);
      }
      case 'b':
        if (in_set) return one('\b');
        [[fallthrough]];
      case 'B':
        fail_at(from, "has a word boundary, which is not supported");
      case 'k':
        fail_at(from, "has a backreference, which is not supported");
      default:
        if (c >= '1' && c <= '9') fail_at(from, "has a backreference, which is not supported");
        if (c == 'A' || c == 'Z' || c == 'z' || c == 'G' || c == 'Q' || c == 'E' || c == 'h' || c == 'R')
          fail_at(from, "has an escape that ECMA-262 does not know");
        return one(c);
    }
  }

  /// Behind the opening bracket, through the closing one.
  std::vector<CodeRange> set(std::size_t from) {
    const bool negated = take("^");
    std::vector<CodeRange> out;
    while (!take("]")) {
      if (done()) fail_at(from, "has a class that is not closed");
      const std::size_t low_at = at_;
      std::vector<CodeRange> low = member();
      // A hyphen at an end or beside a class such as \d is itself.
      if (next_is("-") && !next_is("-]") && at_ + 1 < pattern_.size() && single(low)) {
        const std::size_t hyphen = at_++;
        const std::vector<CodeRange> high = member();
        if (single(high)) {
          if (low[0].low > high[0].low) fail_at(low_at, "has a range that is out of order");
          low[0].high = high[0].low;
        } else {
          at_ = hyphen;
        }
      }
      out.insert(out.end(), low.begin(), low.end());
    }
    out = normalised(std::move(out));
    return negated ? complement(out) : out;
  }
  static bool single(const std::vector<CodeRange>& ranges) {
    return ranges.size() == 1 && ranges[0].low == ranges[0].high;
  }
  std::vector<CodeRange> member() {
    const std::size_t from = at_;
    if (take("\\")) return escape(from, true);
    const std::uint32_t c = character();
    return {{c, c}};
  }
};

/// Adds the tree between two new states.
struct Compiler {
  Nfa nfa;
  using State = Nfa::State;

  State compile(const Tree& tree, State from) {
    switch (tree.kind) {
      case Tree::kEmpty:
        return from;
      case Tree::kClass: {
        const State to = nfa.add();
        nfa.join(from, to, tree.ranges);
        return to;
      }
      case Tree::kSequence:
        for (const Tree& part : tree.parts) from = compile(part, from);
        return from;
      case Tree::kChoice: {
        const State to = nfa.add();
        for (const Tree& part : tree.parts) {
          const State begin = nfa.add();
          nfa.join(from, begin);
          nfa.join(compile(part, begin), to);
        }
        return to;
      }
      case Tree::kRepeat:
        return repeat(tree, from);
      case Tree::kStart:
      case Tree::kEnd: {
        const State to = nfa.add();
        nfa.join(from, to, tree.kind == Tree::kStart ? Nfa::When::kAtStart : Nfa::When::kAtEnd);
        return to;
      }
    }
    return from;
  }

  State repeat(const Tree& tree, State from) {
    const Tree& part = tree.parts.front();
    for (std::uint32_t i = 0; i < tree.min; ++i) {
      const State next = compile(part, from);
      if (next == from) break;  // it is empty
      from = next;
    }
    const State to = nfa.add();
    if (tree.max == kEndless) {
      const State loop = nfa.add();
      nfa.join(from, loop);
      nfa.join(compile(part, loop), loop);
      nfa.join(loop, to);
      return to;
    }
    for (std::uint32_t i = tree.min; i < tree.max; ++i) {
      nfa.join(from, to);
      const State next = compile(part, from);
      if (next == from) break;
      from = next;
    }
    nfa.join(from, to);
    return to;
  }
};

}  // namespace

Dfa regex(std::string_view pattern, RegexMatch match) {
  const Tree tree = Parser(pattern).parse();
  Compiler compiler;
  Nfa& nfa = compiler.nfa;
  const CodeRange all[] = {{0, 0x10FFFF}};
  const auto ranges = normalised({all[0]});
  const Nfa::State from = nfa.add();
  Nfa::State at = from;
  if (match == RegexMatch::kSearch) {
    at = nfa.add();
    nfa.join(from, at);
    nfa.join(at, at, ranges);
  }
  at = compiler.compile(tree, at);
  if (match == RegexMatch::kSearch) {
    const Nfa::State rest = nfa.add();
    nfa.join(at, rest);
    nfa.join(rest, rest, ranges);
    at = rest;
  }
  return nfa.determinise(from, at);
}

}  // namespace eve
