// SPDX-License-Identifier: Apache-2.0
#include "decode/constraint.h"

#include <algorithm>

#include "base/regex.h"
#include "decode/automaton.h"
#include "decode/mask.h"
#include "eve/error.h"
#include "eve/eve.h"

namespace eve {

namespace {

// Forced text that is looked for at a time, and text before it that its spelling may depend on.
constexpr std::size_t kForcedBytes = 1024;
constexpr std::size_t kContextBytes = 128;

}  // namespace

struct Matcher::Impl {
  Impl(std::shared_ptr<const Grammar> grammar, std::shared_ptr<TerminalTables> t, std::shared_ptr<Source> source)
      : vocabulary(t->vocabulary()),
        automaton(grammar, std::move(source), Masks::costs(*grammar, *t)),
        masks(automaton, std::move(t)) {
    history.push_back({automaton.start(), 0, -1});
  }
  struct Point {
    Automaton::State state;
    std::size_t bytes;
    TokenId token;
  };
  const Vocabulary& vocabulary;
  Automaton automaton;
  Masks masks;
  std::vector<Point> history;
  std::string text;
  Automaton::State state() const { return history.back().state; }

  /// Tokens of `bytes` behind the text, as the tokenizer spells the end of the text with them, or else them alone.
  std::vector<TokenId> spelled(const std::string& bytes) const {
    std::vector<TokenId> before;
    std::size_t at = history.size() - 1;
    while (at > 0 && text.size() - history[at - 1].bytes <= kContextBytes) --at;
    for (std::size_t i = at + 1; i < history.size(); ++i) before.push_back(history[i].token);
    std::vector<TokenId> all = vocabulary.tokenizer().encode(text.substr(history[at].bytes) + bytes);
    if (all.size() > before.size() && std::equal(before.begin(), before.end(), all.begin()))
      return {all.begin() + static_cast<std::ptrdiff_t>(before.size()), all.end()};
    return vocabulary.tokenizer().encode(bytes);
  }

  /// True when a longer token could stand where `bytes` do, reading on from `end` behind them.
  bool may_grow(std::string_view bytes, Automaton::State end) {
    std::uint32_t node = Vocabulary::kNoNode, first = 0;
    auto last = static_cast<std::uint32_t>(vocabulary.trie().size());
    for (const char c : bytes) {
      node = vocabulary.find(first, last, static_cast<std::uint8_t>(c));
      if (node == Vocabulary::kNoNode) return false;
      first = node + 1;
      last = vocabulary.trie()[node].end;
      if (first == last) return false;
    }
    return masks.goes_on(node, end);
  }
};

Matcher::Matcher(std::shared_ptr<const Grammar> grammar, std::shared_ptr<TerminalTables> tables,
                 std::shared_ptr<Source> source)
    : impl_(std::make_unique<Impl>(std::move(grammar), std::move(tables), std::move(source))) {}
Matcher::Matcher(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const Vocabulary> vocabulary,
                 std::shared_ptr<Source> source)
    : Matcher(std::move(grammar), std::make_shared<TerminalTables>(std::move(vocabulary)), std::move(source)) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;

std::size_t Matcher::shortest() const {
  const std::uint32_t tokens = impl_->automaton.distance(impl_->state());
  return tokens >= Automaton::kNever ? kNever : tokens;
}

void Matcher::mask(std::size_t tokens_left, TokenSet& allowed) {
  allowed = TokenSet(impl_->vocabulary.size());
  if (tokens_left == 0) return;
  const std::size_t limit = std::min<std::size_t>(tokens_left - 1, Automaton::kNever - 1);
  impl_->masks.add(impl_->state(), static_cast<std::uint32_t>(limit), allowed);
}

bool Matcher::may_end() const { return impl_->automaton.accepts(impl_->state()); }
bool Matcher::must_end() const { return impl_->automaton.is_final(impl_->state()); }

bool Matcher::accept(TokenId token) {
  if (token < 0 || static_cast<std::size_t>(token) >= impl_->vocabulary.size()) return false;
  const std::string_view bytes = impl_->vocabulary.bytes(token);
  if (bytes.empty() || !impl_->vocabulary.tokenizer().is_text(token)) return false;
  const Automaton::State state = impl_->automaton.advance(impl_->state(), bytes);
  if (state == Automaton::kDead) return false;
  impl_->text += bytes;
  impl_->history.push_back({state, impl_->text.size(), token});
  return true;
}

void Matcher::rollback(std::size_t tokens) {
  impl_->history.resize(impl_->history.size() - std::min(tokens, this->tokens()), {0, 0, -1});
  impl_->text.resize(impl_->history.back().bytes);
}

std::size_t Matcher::tokens() const { return impl_->history.size() - 1; }
const std::string& Matcher::text() const { return impl_->text; }

std::vector<TokenId> Matcher::forced(std::size_t tokens_left) {
  Automaton& automaton = impl_->automaton;
  std::string bytes;
  Automaton::State end = impl_->state();
  for (int byte; bytes.size() < kForcedBytes && (byte = automaton.forced_byte(end)) >= 0;) {
    bytes.push_back(static_cast<char>(byte));
    end = automaton.advance(end, static_cast<std::uint8_t>(byte));
  }
  if (bytes.empty()) return {};
  std::vector<TokenId> tokens = impl_->spelled(bytes);
  // What follows may be joined to the end of these bytes, and they are then cut in another way: in front of a token
  // that begins at `at` and goes on behind them stand those that spell the bytes up to there.
  std::size_t kept = tokens.size();
  if (!automaton.is_final(end))
    for (std::size_t at = bytes.size() - std::min(bytes.size(), impl_->vocabulary.longest()); at < bytes.size(); ++at) {
      if (!impl_->may_grow(std::string_view(bytes).substr(at), end)) continue;
      const std::vector<TokenId> before = impl_->spelled(bytes.substr(0, at));
      const auto common = std::mismatch(tokens.begin(), tokens.end(), before.begin(), before.end());
      kept = std::min(kept, static_cast<std::size_t>(common.first - tokens.begin()));
    }
  tokens.resize(kept);
  Automaton::State state = impl_->state();
  for (const TokenId token : tokens) state = automaton.advance(state, impl_->vocabulary.bytes(token));
  const bool in_time = tokens.size() + automaton.distance(state) <= tokens_left;
  return in_time ? tokens : std::vector<TokenId>{};
}

const Vocabulary& Matcher::vocabulary() const { return impl_->vocabulary; }
std::shared_ptr<const Grammar> regex_grammar(std::string_view pattern) {
  GrammarBuilder builder;
  return builder.build(builder.regex(pattern));
}

std::shared_ptr<const Grammar> choices_grammar(std::span<const std::string> choices) {
  GrammarBuilder builder;
  return builder.build(builder.words(choices));
}

Constraint Constraint::regex(std::string_view pattern) { return {regex_grammar(pattern), {}, {}}; }
Constraint Constraint::choices(std::span<const std::string> texts) { return {choices_grammar(texts), {}, {}}; }

}  // namespace eve
