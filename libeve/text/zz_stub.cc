#include "text/tokenizer.h"
namespace eve {
std::unique_ptr<Tokenizer> bpe_from_vocab_and_merges(std::string_view, std::string_view, const std::string&) { throw 1; }
std::unique_ptr<Tokenizer> bpe_from_tokenizer_json(std::string_view, const std::string&) { throw 1; }
std::unique_ptr<Tokenizer> bpe_from_arrays(std::vector<std::string>, std::vector<std::int32_t>, std::vector<std::string>, std::optional<TokenId>, const std::string&) { throw 1; }
}
