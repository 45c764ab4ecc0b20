// SPDX-License-Identifier: Apache-2.0
#include "train/prepare.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <numeric>
#include <unordered_set>

#include "base/jsonl.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "model/gguf_types.h"
#include "train/corpus.h"
#include "train/documents.h"

namespace eve {

namespace {

struct Document {
  std::string text;
  std::size_t prompt = 0;  // bytes of text that are the prompt of a row
};

struct Seen {
  std::unordered_set<std::uint64_t> documents, paragraphs;
};

std::uint64_t hash(std::string_view text) {
  Checksum sum;
  sum.add(text.data(), text.size());
  return sum.value();
}

bool is_rows(const PlanSource& source) { return source.field.empty() && source.files.front().ends_with(".jsonl"); }

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return paths;  // sorted
}

std::vector<std::string> files_of(const PlanSource& source, const std::vector<std::string>& directories) {
  std::vector<std::string> paths;
  for (const std::string& pattern : source.files) {
    std::vector<std::string> found;
    if (directories.empty() || pattern.starts_with('/')) found = matches(pattern);
    for (std::size_t i = 0; found.empty() && i < directories.size(); ++i)
      found = matches(directories[i] + "/" + pattern);
    if (found.empty())
      throw Error(Status::kInput, "source " + printable(source.name) + ": no file " + printable(pattern) +
                                      "; name its directory with --data");
    paths.insert(paths.end(), found.begin(), found.end());
  }
  return paths;
}

/// Without the paragraphs that occurred before.
std::string without_repeats(const std::string& text, std::uint64_t paragraph_bytes, Seen& seen, std::uint64_t& cut) {
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t gap = text.find("\n\n", at), end = gap == std::string::npos ? text.size() : gap + 2;
    const std::string_view paragraph = std::string_view(text).substr(at, end - at);
    const std::string_view content = paragraph.substr(0, paragraph.find_last_not_of('\n') + 1);
    if (content.size() >= paragraph_bytes && !seen.paragraphs.insert(hash(content)).second)
      cut += paragraph.size();
    else
      kept += paragraph;
    at = end;
  }
  kept.erase(kept.find_last_not_of('\n') + 1);
  return kept;
}

/// What is kept of a source, in the order of its files.
std::vector<Document> read_source(const PlanSource& source, const PrepareOptions& options, Seen& seen,
                                  SourceSummary& summary) {
  std::vector<Document> kept;
  const auto add = [&](Document document) {
    const std::uint64_t number = summary.read++;
    if (number < source.first_document || number >= source.end_document) return;
    const std::size_t size = document.text.size();
    if (size == 0 || size < source.min_bytes || size > source.max_bytes ||
        utf8_error(document.text) != std::string::npos)
      ++summary.unfit;
    else if (!seen.documents.insert(hash(document.text)).second)
      ++summary.duplicates;
    else
      kept.push_back(std::move(document));
  };
  for (const std::string& path : files_of(source, options.directories)) {
    if (path.ends_with(".jsonl")) {
      for_each_json_line(path, [&](simdjson::dom::element row, const std::string&) {
        if (!source.field.empty()) return add({clean_document(std::string_view(row[source.field])), 0});
        const PromptAnswer pair = prompt_and_answer(row, source.task, source.task.empty() ? RowForm() : options.form);
        add({pair.prompt + pair.answer, pair.prompt.size()});
      });
    } else {
      const std::string text = read_text(path);
      for (const std::string_view document : split_documents(text)) add({clean_document(document), 0});
    }
  }
  if (!is_rows(source) && source.paragraph_bytes) {
    for (Document& document : kept)
      document.text = without_repeats(document.text, source.paragraph_bytes, seen, summary.repeated_bytes);
    std::erase_if(kept, [](const Document& document) { return document.text.empty(); });
  }
  summary.documents = kept.size();
  for (const Document& document : kept) summary.bytes += document.text.size();
  return kept;
}

std::vector<std::uint16_t> encode(const Document& document, const PlanSource& source, const Tokenizer& tokenizer) {
  std::vector<std::uint16_t> tokens;
  const auto add = [&](std::string_view text, std::uint16_t mark) {
    for (const TokenId id : tokenizer.encode(text)) tokens.push_back(static_cast<std::uint16_t>(id) | mark);
  };
  const std::string_view text = document.text;
  if (document.prompt) add(text.substr(0, document.prompt), source.answers_only ? kNotATarget : std::uint16_t{0});
  add(text.substr(document.prompt), 0);
  if (const auto end = tokenizer.end_of_text()) tokens.push_back(static_cast<std::uint16_t>(*end));
  return tokens;
}

/// Where the tokens of a source lie: named by all that they depend on but the vocabulary, which the file knows.
std::string part_path(const PlanSource& source, const std::vector<Document>& documents, const Tokenizer& tokenizer,
                      const std::string& directory) {
  Checksum sum;
  const std::uint64_t facts[] = {vocabulary_fingerprint(tokenizer), source.answers_only, is_rows(source)};
  sum.add(facts, sizeof facts);
  for (const Document& document : documents) {
    const std::uint64_t sizes[] = {document.prompt, document.text.size()};
    sum.add(sizes, sizeof sizes);
    sum.add(document.text.data(), document.text.size());
  }
  char key[17];
  std::snprintf(key, sizeof key, "%016llx", static_cast<unsigned long long>(sum.value()));
  std::string name = source.name;
  std::replace(name.begin(), name.end(), '/', '_');
  return directory + "/" + name + "-" + key + ".tokens";
}

SourceRecord record_of(const PlanSource& source) {
  SourceRecord record;
  std::memcpy(record.name, source.name.data(), source.name.size());  // read_plan checked its length
  record.rows = is_rows(source) && source.answers_only;
  return record;
}

void write_part(const std::string& path, const PlanSource& source, const std::vector<Document>& documents,
                const Tokenizer& tokenizer, Threads& threads) {
  std::vector<std::vector<std::uint16_t>> encoded(documents.size());
  std::atomic<std::size_t> next = 0;  // documents differ in size by a thousand times
  threads.parallel_for(threads.count(), 1, [&](std::size_t, std::size_t) {
    for (std::size_t i; (i = next++) < documents.size();) encoded[i] = encode(documents[i], source, tokenizer);
  });
  std::vector<DocumentRecord> records;
  std::uint64_t tokens = 0;
  for (const auto& document : encoded) {
    records.push_back({tokens, static_cast<std::uint32_t>(document.size()), 0});
    tokens += document.size();
  }
  const SourceRecord name = record_of(source);
  write_token_file(path, tokenizer, {&name, 1}, records, tokens, [&](const TokenSink& sink) {
    for (const auto& document : encoded) sink(document);
  });
}

/// Opens the part, made first where it is missing or damaged.
TokenFile part_of(const std::string& path, const PlanSource& source, const std::vector<Document>& documents,
                  const Tokenizer& tokenizer, Threads& threads) {
  if (TokenFile::recognised(path)) {
    try {
      return TokenFile(path, tokenizer);
    } catch (const Error&) {  // damaged: made again
    }
  }
  write_part(path, source, documents, tokenizer, threads);
  return TokenFile(path, tokenizer);
}

template <class T>
void shuffle(std::vector<T>& values, Rng& rng) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[rng.below(i)]);
}

double total_weight(const Plan& plan) {
  double sum = 0;
  for (const PlanSource& source : plan.sources) sum += source.weight;
  return sum;
}

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(Status::kInput, where + ": " + what);
}

PlanSource read_plan_source(simdjson::dom::object object, const std::string& where) {
  PlanSource source;
  bool passes = false;
  for (const auto field : object) {
    const std::string_view key = field.key;
    const simdjson::dom::element value = field.value;
    const auto text = [&] { return std::string(std::string_view(value)); };
    if (key == "name")
      source.name = text();
    else if (key == "files")
      for (const auto file : value.get_array()) source.files.emplace_back(std::string_view(file));
    else if (key == "passes")
      source.passes = value, passes = true;
    else if (key == "weight")
      source.weight = value;
    else if (key == "task")
      source.task = text();
    else if (key == "field")
      source.field = text();
    else if (key == "loss") {
      if (text() != "all" && text() != "answer") refuse(where, "loss is \"all\" or \"answer\"");
      source.answers_only = text() == "answer";
    } else if (key == "documents") {
      source.first_document = value.at(0);
      source.end_document = value.at(1);
    } else if (key == "min_bytes")
      source.min_bytes = value;
    else if (key == "max_bytes")
      source.max_bytes = value;
    else if (key == "paragraph_bytes")
      source.paragraph_bytes = value;
    else
      refuse(where, "unknown key " + printable(key) + " of a source");
  }
  const std::string named = where + ": source " + printable(source.name);
  if (source.name.empty() || source.name.size() >= sizeof SourceRecord{}.name)
    refuse(where, "a source has no name, or one of more than 55 bytes");
  if (source.files.empty()) refuse(named, "no files");
  const bool rows = source.files.front().ends_with(".jsonl");
  for (const std::string& file : source.files)
    if (file.ends_with(".jsonl") != rows) refuse(named, "rows (.jsonl) and documents are two sources");
  if (!rows && (!source.task.empty() || !source.field.empty()))
    refuse(named, "\"task\" and \"field\" are for rows (.jsonl)");
  if (!source.task.empty() && !source.field.empty()) refuse(named, "either \"task\" or \"field\"");
  if (!(source.passes >= 0 && source.passes <= 1000) || !(source.weight >= 0 && source.weight <= 1e9))
    refuse(named, "passes or weight out of range");
  if (passes && source.weight > 0) refuse(named, "either \"passes\" or \"weight\"");
  return source;
}

}  // namespace

Plan read_plan(const std::string& path) {
  const std::string where = printable(path), text = read_file(path, 1 << 20);
  simdjson::dom::parser parser;
  Plan plan;
  try {
    for (const auto field : parse_json(parser, text, where).get_object()) {
      const std::string_view key = field.key;
      if (key == "tokens")
        plan.tokens = field.value;
      else if (key == "sources")
        for (const auto source : field.value.get_array()) plan.sources.push_back(read_plan_source(source, where));
      else
        refuse(where, "unknown key " + printable(key));
    }
  } catch (const simdjson::simdjson_error& error) {
    refuse(where, std::string("not a plan: ") + error.what());
  }
  if (plan.sources.empty()) refuse(where, "no sources");
  if (plan.tokens == 0 && total_weight(plan) > 0) refuse(where, "weights need \"tokens\", the size of the mix");
  return plan;
}

void SourceSummary::write(JsonWriter& json) const {
  json.begin_object()
      .member("source", name)
      .member("read", read)
      .member("unfit", unfit)
      .member("duplicates", duplicates)
      .member("repeated_bytes", repeated_bytes)
      .member("documents", documents)
      .member("bytes", bytes)
      .member("tokens", tokens)
      .member("bytes_per_token", tokens ? static_cast<double>(bytes) / static_cast<double>(tokens) : 0)
      .member("mixed_documents", mixed_documents)
      .member("mixed_tokens", mixed_tokens)
      .end_object();
}

std::vector<SourceSummary> prepare(const Plan& plan, const Tokenizer& tokenizer, const PrepareOptions& options,
                                   const std::string& output, Threads& threads) {
  if (mkdir(options.parts.c_str(), 0777) != 0 && errno != EEXIST)
    throw Error(Status::kSystem, printable(options.parts) + ": cannot be made: " + std::strerror(errno));
  Seen seen;
  std::vector<SourceSummary> summaries;
  std::vector<SourceRecord> sources;
  std::vector<TokenFile> parts;
  std::vector<DocumentRecord> mix;
  std::uint64_t tokens = 0;
  for (const PlanSource& source : plan.sources) {
    SourceSummary& summary = summaries.emplace_back();
    summary.name = source.name;
    const std::vector<Document> documents = read_source(source, options, seen, summary);
    const TokenFile& part = parts.emplace_back(
        part_of(part_path(source, documents, tokenizer, options.parts), source, documents, tokenizer, threads));
    summary.tokens = part.tokens().size();
    const double passes = source.weight == 0 || summary.tokens == 0
                              ? source.passes
                              : source.weight / total_weight(plan) * static_cast<double>(plan.tokens) /
                                    static_cast<double>(summary.tokens);
    std::vector<DocumentRecord> records(part.documents().begin(), part.documents().end());
    for (DocumentRecord& record : records) {
      record.begin += tokens;
      record.source = static_cast<std::uint32_t>(sources.size());
    }
    Rng rng(options.seed * 1000003 + sources.size());
    shuffle(records, rng);
    const double wanted = passes * static_cast<double>(summary.tokens);
    for (bool more = !records.empty(); more;)
      for (const DocumentRecord& record : records) {
        more = static_cast<double>(summary.mixed_tokens + record.length / 2) < wanted;
        if (!more) break;
        mix.push_back(record);
        summary.mixed_tokens += record.length;
        ++summary.mixed_documents;
      }
    tokens += part.tokens().size();
    sources.push_back(record_of(source));
    if (options.on_source) options.on_source(summary);
  }
  Rng rng(options.seed);
  shuffle(mix, rng);
  write_token_file(output, tokenizer, sources, mix, tokens, [&](const TokenSink& sink) {
    for (const TokenFile& part : parts) sink(part.tokens());
  });
  return summaries;
}

std::vector<std::string> sample_texts(const Plan& plan, const PrepareOptions& options, std::uint64_t bytes) {
  constexpr std::size_t kMost = 20000;
  struct Source {
    std::vector<Document> documents;
    double wanted = 0;  // bytes
  };
  Seen seen;
  std::vector<Source> sources;
  double all = 0;
  for (const PlanSource& source : plan.sources) {
    SourceSummary summary;
    Source& s = sources.emplace_back();
    s.documents = read_source(source, options, seen, summary);
    // Weights count tokens; about four bytes each is near enough here.
    s.wanted = source.weight > 0 ? source.weight / total_weight(plan) * static_cast<double>(plan.tokens) * 4
                                 : source.passes * static_cast<double>(summary.bytes);
    all += s.wanted;
  }
  std::vector<std::string> texts;
  Rng rng(options.seed);
  for (Source& source : sources) {
    shuffle(source.documents, rng);
    double left = source.wanted * std::min(1.0, static_cast<double>(bytes) / std::max(all, 1.0));
    for (const Document& document : source.documents) {
      if (left <= 0) break;
      const std::string_view text = std::string_view(document.text).substr(0, kMost);
      texts.emplace_back(text.substr(0, utf8_complete_prefix(text)));
      left -= static_cast<double>(text.size());
    }
  }
  return texts;
}

}  // namespace eve
