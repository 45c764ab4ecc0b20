// SPDX-License-Identifier: Apache-2.0
// One text under a constraint: what may come next, and that it can be ended in time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decode/grammar.h"
#include "decode/source.h"
#include "decode/terminal_table.h"
#include "decode/token_set.h"

namespace eve {

/// Follows one text, token by token. Any grammar is a constraint; regex_grammar() and choices_grammar() make the simple
/// ones. One matcher is used by one thread at a time.
///
/// Promise: begun with a budget of at least shortest() tokens (the end of text not counted), and given only tokens of
/// mask(tokens left), the text is complete when the budget is used up, whichever of them are chosen; the mask is never
/// empty before.
class Matcher {
 public:
  static constexpr std::size_t kNever = std::size_t{1} << 62;

  /// `source`: what spans of the grammar are spans of.
  /// `tables` may serve any number of matchers of one thread, one after another or side by side.
  Matcher(std::shared_ptr<const Grammar> grammar, std::shared_ptr<TerminalTables> tables,
          std::shared_ptr<Source> source = nullptr);
  /// With tables of its own.
  Matcher(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const Vocabulary> vocabulary,
          std::shared_ptr<Source> source = nullptr);
  ~Matcher();
  Matcher(Matcher&&) noexcept;

  /// Tokens enough to end the text from here: 0 when it may end. At the start the smallest budget with a promise. What
  /// is counted: the tokens of the shortest completion, part by part: of each terminal's string of fewest bytes the
  /// fewest tokens that spell it, of spans bytes. Tokens that cross parts may do with less. kNever: no such number.
  std::size_t shortest() const;
  /// Replaces `allowed` (of vocabulary().size() ids): tokens after which the text can be ended with tokens_left - 1
  /// more, as shortest() counts. The end of text is not among them: see may_end().
  void mask(std::size_t tokens_left, TokenSet& allowed);
  bool may_end() const;   ///< the text is complete
  bool must_end() const;  ///< it is complete and cannot go on
  /// False, and nothing changed, when the constraint does not allow the token here.
  bool accept(TokenId token);
  void rollback(std::size_t tokens);  ///< as if the last ones had never been accepted
  std::size_t tokens() const;         ///< accepted so far
  const std::string& text() const;    ///< their bytes
  /// Tokens that write what must come next, spelled as the tokenizer spells the text so far with it, up to where a
  /// longer token could join it with what follows (none: a choice is open). shortest() is kept within tokens_left.
  std::vector<TokenId> forced(std::size_t tokens_left);

  const Vocabulary& vocabulary() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A text that matches the pattern as a whole; throws as regex() does.
std::shared_ptr<const Grammar> regex_grammar(std::string_view pattern);
/// One of these texts. Throws kInput when there is none.
std::shared_ptr<const Grammar> choices_grammar(std::span<const std::string> choices);

}  // namespace eve
