// SPDX-License-Identifier: Apache-2.0
#include "train/corpus.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "base/io.h"
#include "train/batches.h"
#include "train/documents.h"
#include "train/evaluate.h"
#include "train/prepare.h"
#include "train/trainer.h"
#include "train/vocab.h"

using namespace eve;

namespace {

/// A folder that goes with the test.
struct Folder {
  std::string path = std::filesystem::temp_directory_path() / ("eve-corpus-" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path + "/" + name, std::ios::binary) << text;
    return path + "/" + name;
  }
  std::string read(const std::string& name) const { return read_file(path + "/" + name, 1 << 24); }
};

std::string words(int first, int count) {
  std::string text;
  for (int i = first; i < first + count; ++i) text += "word" + std::to_string(i * 7919 % 1000) + (i % 9 ? " " : ".\n");
  return text;
}

const Tokenizer& tokenizer() {
  static const std::unique_ptr<Tokenizer> made = [] {
    bool first = true;
    VocabOptions options;
    options.vocab_size = 300;
    return sentencepiece_from_bytes(train_sentencepiece(
                                        [&](std::string& text) {
                                          text = words(0, 2000);
                                          for (int i = 0; i < 900; ++i)  // letters enough for pieces
                                            text += std::string{"bdfglmnprst"[i % 11], "aeiou"[i % 5], "nrst"[i % 4]} +
                                                    std::string{"kvz"[i % 3], "aei"[i / 7 % 3], ' '};
                                          return std::exchange(first, false);
                                        },
                                        options),
                                    "test");
  }();
  return *made;
}

std::string decoded(const TokenFile& file, const DocumentRecord& document) {
  std::vector<TokenId> ids;
  for (const std::uint16_t token : file.tokens().subspan(document.begin, document.length))
    ids.push_back(token & ~kNotATarget);
  return tokenizer().decode(ids);
}

constexpr const char* kPlan = R"({"sources": [
  {"name": "text", "files": ["*.txt"], "passes": 1.5},
  {"name": "rows", "files": ["rows.jsonl"], "passes": 2},
  {"name": "whole", "files": ["more.jsonl"], "loss": "all"},
  {"name": "field", "files": ["field.jsonl"], "field": "body"}]})";

/// Writes the files of kPlan.
void write_sources(const Folder& folder) {
  folder.write("plan.json", kPlan);
  std::string text;
  for (int i = 0; i < 8; ++i) text += words(i * 50, 40) + "\n<|endoftext|>\n";
  folder.write("a.txt", text);
  folder.write("b.txt", words(0, 40) + "\n<|endoftext|>\r\n" + words(900, 30) + "\n<|endoftext|> is no end here\n");
  folder.write("rows.jsonl", R"({"prompt": "word1 word2 ", "answer": "word3"})"
                             "\n"
                             R"({"prompt": "word5 ", "answer": "word6 word7"})"
                             "\n");
  folder.write("more.jsonl", R"({"prompt": "word8 ", "answer": "word9"})"
                             "\n");
  folder.write("field.jsonl", "{\"body\": \"one\\u0007 two\"}\n{\"body\": \"one two\"}\n");
}

std::vector<SourceSummary> run(const Folder& folder, const std::string& output, std::size_t thread_count = 1,
                               const std::string& parts = "parts", std::uint64_t seed = 7) {
  Threads threads(thread_count);
  PrepareOptions options;
  options.directories = {folder.path};
  options.parts = folder.path + "/" + parts;
  options.seed = seed;
  return prepare(read_plan(folder.path + "/plan.json"), tokenizer(), options, folder.path + "/" + output, threads);
}

std::string refusal(const std::string& path) {
  try {
    TokenFile file(path, tokenizer());
  } catch (const Error& e) {
    CHECK(e.status() == Status::kInput);
    return e.what();
  }
  return "";
}

Config tiny() {
  Config config;
  config.vocab_size = tokenizer().size();
  config.n_layer = 2;
  config.n_embd = 32;
  config.n_head = 2;
  config.head_dim = 16;
  config.context = 64;
  config.n_expert = 4;
  config.expert_ff = config.shared_ff = 32;
  return config;
}

}  // namespace

TEST_CASE("documents are parted by whole lines and cleaned") {
  const std::string text =
      "<|endoftext|>\nan <|endoftext|> inside\n<|endoftext|>\r\n \n<|endoftext|>\nlast\n<|endoftext|>";
  const auto documents = split_documents(text);
  REQUIRE(documents.size() == 2);
  CHECK(clean_document(documents[0]) == "an <|endoftext|> inside");
  CHECK(clean_document(documents[1]) == "last");
  CHECK(clean_document("\n\n  a\x07\r\n\tb\x7f \n\n") == "  a\n\tb");
  CHECK(clean_document("broken \xff") == "");
  CHECK(clean_document(" \n") == "");
}

TEST_CASE("text that is packed with xz is read, and refused when damaged") {
  const Folder folder;
  // printf 'packed\n' | xz
  const unsigned char packed[] = {0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02,
                                  0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00,
                                  0x06, 0x70, 0x61, 0x63, 0x6b, 0x65, 0x64, 0x0a, 0x00, 0x00, 0x68, 0xd0, 0xaa,
                                  0xdc, 0x39, 0x82, 0x2a, 0x42, 0x00, 0x01, 0x1f, 0x07, 0x16, 0x2e, 0xb8, 0x73,
                                  0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a};
  const std::string bytes(reinterpret_cast<const char*>(packed), sizeof packed);
  CHECK(read_text(folder.write("a.txt.xz", bytes)) == "packed\n");
  CHECK(read_text(folder.write("two.txt.xz", bytes + bytes)) == "packed\npacked\n");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_THROWS_AS(read_text(folder.write("cut.txt.xz", bytes.substr(0, size))), Error);
  std::string damaged = bytes;
  damaged[30] = 'X';
  CHECK_THROWS_AS(read_text(folder.write("bad.txt.xz", damaged)), Error);
}

TEST_CASE("the same plan, seed and vocabulary give the same bytes") {
  const Folder folder;
  write_sources(folder);
  run(folder, "one.tokens");
  run(folder, "parts.tokens");  // from the parts of the first run
  run(folder, "threads.tokens", 2, "other");
  CHECK(folder.read("one.tokens") == folder.read("parts.tokens"));
  CHECK(folder.read("one.tokens") == folder.read("threads.tokens"));
  for (const auto& part : std::filesystem::directory_iterator(folder.path + "/parts"))
    std::filesystem::resize_file(part.path(), std::filesystem::file_size(part.path()) - 1);
  run(folder, "again.tokens");  // a damaged part is made again
  CHECK(folder.read("one.tokens") == folder.read("again.tokens"));
  run(folder, "seed.tokens", 1, "parts", 8);
  CHECK(folder.read("one.tokens") != folder.read("seed.tokens"));
}

TEST_CASE("a mix holds what its plan says, once, without what came before") {
  const Folder folder;
  write_sources(folder);
  const auto summaries = run(folder, "mix.tokens");
  const TokenFile file(folder.path + "/mix.tokens", tokenizer());
  REQUIRE(summaries.size() == 4);
  CHECK(summaries[0].read == 10);
  CHECK(summaries[0].duplicates == 1);  // b.txt begins with a.txt's first
  CHECK(summaries[0].documents == 9);
  CHECK(summaries[3].documents == 1);  // equal once cleaned
  CHECK(summaries[3].duplicates == 1);
  std::vector<std::map<std::string, int>> seen(4);
  std::uint64_t mixed = 0, tokens = 0;
  for (const DocumentRecord& document : file.documents()) {
    ++seen[document.source][decoded(file, document)];
    if (document.source == 0) mixed += document.length;
  }
  for (const auto& [text, count] : seen[0]) {
    CHECK((count == 1 || count == 2));
    CHECK(text.find("<|endoftext|>\n") == text.npos);
  }
  for (const SourceSummary& s : summaries) tokens += s.tokens;
  CHECK(seen[0].size() == 9);
  CHECK(std::abs(static_cast<double>(mixed) / static_cast<double>(summaries[0].tokens) - 1.5) < 0.1);
  CHECK(mixed == summaries[0].mixed_tokens);
  CHECK(seen[1] == std::map<std::string, int>{{"word1 word2 word3", 2}, {"word5 word6 word7", 2}});
  CHECK(seen[2] == std::map<std::string, int>{{"word8 word9", 1}});
  CHECK(file.tokens().size() == tokens);
}

TEST_CASE("a long paragraph is kept once, a short one each time") {
  const Folder folder;
  const std::string paragraph = words(0, 60) + "end.";
  folder.write("plan.json", R"({"sources": [{"name": "t", "files": ["t.txt"]}]})");
  folder.write("t.txt", "first\n\n" + paragraph + "\n\nsame\n<|endoftext|>\nsecond\n\n" + paragraph + "\n\nsame\n\n" +
                            paragraph);
  const auto summaries = run(folder, "t.tokens");
  CHECK(summaries[0].repeated_bytes >= paragraph.size());
  const TokenFile file(folder.path + "/t.tokens", tokenizer());
  std::set<std::string> texts;
  for (const DocumentRecord& document : file.documents()) texts.insert(decoded(file, document));
  CHECK(texts == std::set<std::string>{"first\n\n" + paragraph + "\n\nsame", "second\n\nsame"});
}

TEST_CASE("weights give each source its share of the mix") {
  const Folder folder;
  write_sources(folder);
  folder.write("plan.json", R"({"tokens": 6000, "sources": [{"name": "a", "files": ["a.txt"], "weight": 3},
                               {"name": "b", "files": ["b.txt"], "weight": 1, "min_bytes": 2}]})");
  const auto summaries = run(folder, "w.tokens");
  CHECK(std::abs(static_cast<double>(summaries[0].mixed_tokens) - 4500) < 300);
  CHECK(std::abs(static_cast<double>(summaries[1].mixed_tokens) - 1500) < 300);
}

TEST_CASE("a plan with a mistake is refused by name") {
  const Folder folder;
  for (const auto& [plan, said] : std::map<std::string, std::string>{
           {R"({"sources": []})", "no sources"},
           {R"({"sources": [{"name": "a", "files": ["a.txt"], "pases": 1}]})", "pases"},
           {R"({"sources": [{"name": "a", "files": ["a.txt"], "weight": 1}]})", "\"tokens\""},
           {R"({"sources": [{"name": "a", "files": ["a.txt", "b.jsonl"]}]})", "two sources"},
           {R"({"sources": [{"name": "a", "files": ["a.txt"], "task": "sql"}]})", "rows"},
           {R"({"sources": [{"name": "a", "files": ["none.txt"]}]})", "none.txt"},
           {R"({"sources": [{"name": "a", "files": "a.txt"}]})", "not a plan"}}) {
    folder.write("plan.json", plan);
    try {
      run(folder, "x.tokens");
      FAIL("taken: " << plan);
    } catch (const Error& e) {
      CHECK(e.status() == Status::kInput);
      CHECK(std::string(e.what()).find(said) != std::string::npos);
    }
    CHECK_FALSE(std::filesystem::exists(folder.path + "/x.tokens"));
  }
}

TEST_CASE("a token file that was cut or changed anywhere is refused") {
  const Folder folder;
  write_sources(folder);
  run(folder, "t.tokens");
  const std::string bytes = folder.read("t.tokens"), path = folder.path + "/x.tokens";
  CHECK(refusal(folder.path + "/t.tokens").empty());
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    folder.write("x.tokens", std::string_view(bytes).substr(0, size));
    CHECK_FALSE(refusal(path).empty());
  }
  for (std::size_t at = 0; at < bytes.size(); at += at < 64 ? 1 : 61) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    folder.write("x.tokens", changed);
    CHECK_FALSE(refusal(path).empty());
  }
  // Counts that overflow when they are multiplied.
  for (std::size_t field : {24, 32, 40})
    for (const std::uint64_t count : {UINT64_MAX, UINT64_MAX / 16 + 2, std::uint64_t{1} << 63}) {
      std::string changed = bytes;
      std::memcpy(&changed[field], &count, sizeof count);
      folder.write("x.tokens", changed);
      CHECK_FALSE(refusal(path).empty());
    }
}

TEST_CASE("records of a token file that point outside it are refused even with the right checksum") {
  const Folder folder;
  const std::string path = folder.path + "/x.tokens";
  const std::vector<std::uint16_t> tokens{5, 6, 7, 2};
  SourceRecord source;
  std::strcpy(source.name, "s");
  const auto write = [&](DocumentRecord document, const std::vector<std::uint16_t>& ids) {
    write_token_file(path, tokenizer(), {&source, 1}, {&document, 1}, ids.size(),
                     [&](const TokenSink& sink) { sink(ids); });
    return refusal(path);
  };
  CHECK(write({0, 4, 0}, tokens).empty());
  CHECK(write({1, 4, 0}, tokens).find("outside the file") != std::string::npos);
  CHECK(write({UINT64_MAX, 2, 0}, tokens).find("outside the file") != std::string::npos);
  CHECK(write({0, 4, 1}, tokens).find("outside the file") != std::string::npos);
  CHECK(write({0, 4, 0}, {5, 300, 7, 2}).find("outside the vocabulary") != std::string::npos);
  std::memset(source.name, 'x', sizeof source.name);
  CHECK(write({0, 4, 0}, tokens).find("no name") != std::string::npos);
}

TEST_CASE("every token but a document's first is a target once, whatever the length of the pieces") {
  const Folder folder;
  write_sources(folder);
  run(folder, "t.tokens");
  const TokenFile file(folder.path + "/t.tokens", tokenizer());
  for (const std::size_t length : {2, 7, 64, 100000}) {
    const Pieces cut = cut_pieces(file, length);
    std::vector<std::size_t> targets(4), wanted(4);
    std::uint64_t inputs = 0;
    for (const Piece& piece : cut.pieces) {
      CHECK(piece.length <= length);
      const Example example = example_of(file, piece);
      inputs += example.tokens.size();
      for (std::size_t t = 0; t < example.targets.size(); ++t) {
        if (example.targets[t] == kNoTarget) continue;
        ++targets[piece.source];
        if (t + 1 < example.tokens.size()) CHECK(example.targets[t] == example.tokens[t + 1]);
      }
    }
    std::uint64_t rows = 0;
    for (const DocumentRecord& document : file.documents()) {
      if (document.source != 1) wanted[document.source] += document.length - 1;
      rows += document.source == 1;
    }
    CHECK(inputs == cut.tokens);
    CHECK(targets[0] == wanted[0]);
    CHECK(targets[2] == wanted[2]);
    CHECK(targets[3] == wanted[3]);
    CHECK(cut.dropped == (length < 7 ? rows : cut.dropped));
    if (length == 100000) {
      CHECK(cut.dropped == 0);
      // Of a row, the answer and the end of text.
      std::size_t answers = 0;
      for (const char* answer : {"word3", "word6 word7"}) answers += 2 * (tokenizer().encode(answer).size() + 1);
      CHECK(targets[1] == answers);
    }
  }
}

TEST_CASE("a step's data come from its number; an epoch takes each piece once") {
  const Folder folder;
  write_sources(folder);
  run(folder, "t.tokens");
  const TokenFile file(folder.path + "/t.tokens", tokenizer());
  const Ranks ranks;
  CorpusBatches straight(file, 16, 128, 3), jumped(file, 16, 128, 3), other(file, 16, 128, 4), longer(file, 32, 128, 3);
  const std::size_t epoch = straight.steps_per_epoch();
  REQUIRE(epoch > 3);
  const auto content = [&](CorpusBatches& batches, std::size_t step) {
    std::vector<std::vector<TokenId>> all;
    for (const Example* example : batches.batch(step, ranks)) all.push_back(example->tokens);
    return all;
  };
  std::size_t pieces = 0;
  std::vector<std::vector<std::vector<TokenId>>> steps;
  for (std::size_t step = 0; step < 2 * epoch; ++step) {
    steps.push_back(content(straight, step));
    if (step < epoch) pieces += steps.back().size();
  }
  CHECK(pieces <= straight.pieces().pieces.size());
  CHECK(pieces + 128 / 8 > straight.pieces().pieces.size());  // all but the last, incomplete step
  for (const std::size_t step : {epoch + 1, std::size_t{2}, 2 * epoch - 1}) CHECK(content(jumped, step) == steps[step]);
  CHECK(steps[0] != steps[epoch]);
  CHECK(content(other, 0) != steps[0]);
  CHECK(longer.identity(ranks) == straight.identity(ranks));
  CHECK(other.identity(ranks) != straight.identity(ranks));
  AnnealedBatches annealed(jumped, other, 2);
  CHECK(annealed.batch(1, ranks).front()->tokens == steps[1].front());
  CHECK(annealed.batch(2, ranks).front()->tokens == content(other, 0).front());
  CHECK(annealed.identity(ranks) == straight.identity(ranks));
}

TEST_CASE("scores of single examples add up to the loss of all; bits per byte and shares of experts follow") {
  const Folder folder;
  write_sources(folder);
  run(folder, "t.tokens");
  const TokenFile file(folder.path + "/t.tokens", tokenizer());
  std::vector<Example> examples;
  for (const Piece& piece : cut_pieces(file, 32).pieces) examples.push_back(example_of(file, piece));
  Threads threads(1);
  const Executor executor{threads, Math::kF32};
  ModelData start;
  start.config = tiny();
  const Ranks ranks;
  const Trainer trainer(std::move(start), {}, 1, Math::kF32, threads, ranks);
  ModelData model;
  model.config = trainer.model().config;
  model.weights = trainer.model().weights;
  model.tokenizer = sentencepiece_from_bytes(tokenizer().exported().serialized, "test");

  const LossSum all = evaluate_loss(model, examples, 100, executor);
  LossSum sum;
  for (const LossSum& one : evaluate_each(model, examples, 100, executor)) sum += one;
  CHECK(sum.targets == all.targets);
  CHECK(sum.correct == all.correct);
  CHECK(sum.cross_entropy == Approx(all.cross_entropy).epsilon(1e-6));

  ExpertUsage usage;
  const CorpusScore score = evaluate_corpus(model, file, 32, 0, 100, executor, usage);
  REQUIRE(score.sources.size() == 4);
  double total = 0;
  for (const auto& [name, source] : score.sources) total += source.loss.cross_entropy;
  CHECK(total == Approx(all.cross_entropy).epsilon(1e-6));
  const LossScore& rows = score.sources[1].second;
  CHECK(rows.examples == 4);
  CHECK(rows.bytes == 2 * (5 + 11));
  CHECK(rows.bits_per_byte() == Approx(rows.loss.cross_entropy / std::log(2.0) / 32));
  std::string text;
  JsonWriter json(text);
  usage.write(json);
  simdjson::dom::parser parser;
  std::size_t layers = 0;
  for (const auto layer : parse_json(parser, text, "usage").get_array()) {
    double share = 0;
    for (const auto expert : layer.get_array()) share += double(expert);
    CHECK(share == Approx(1.0).epsilon(1e-5));
    ++layers;
  }
  CHECK(layers == 2);
}
