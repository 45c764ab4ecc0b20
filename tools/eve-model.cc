// SPDX-License-Identifier: Apache-2.0
// eve-model: what a model file is, whether it is whole, the same model in another form, and what it computes.
#include <unistd.h>

#include <charconv>

#include "base/json.h"
#include "eve/eve.h"
#include "model/bench.h"
#include "model/inspect.h"
#include "model/model.h"
#include "model/random.h"
#include "model/shape.h"
#include "tool.h"

namespace eve {

namespace {

const std::vector<std::string> kTypes = {"f32", "bf16", "f16", "q8_0", "q4_0"};

struct {
  std::string model, shape, tokenizer, task, output, type = "f32";
  std::string layout = "interleaved-16";
  bool llama_cpp = false;
  std::vector<std::string> prompts, stop, ids;
  std::uint64_t max_tokens = 256, top_k = 0, labels = 8, repetitions = 5;
  double temperature = 0;
} settings;

/// A path as it is; else the installed model of that name.
std::string model_path() {
  if (settings.model.find('/') == std::string::npos && access(settings.model.c_str(), F_OK) != 0)
    return Model::find(settings.model);
  return settings.model;
}

ModelData load(const Run& run) {
  ModelData model = load_model(model_path());
  for (const std::string& warning : model.warnings) run.note(warning);
  return model;
}

Status run_inspect(Run& run) {
  const ModelData model = load(run);
  run.out.write(run.json ? describe_json(model) : describe(model));
  run.out.end_record();
  return Status::kOk;
}

Status run_verify(Run& run) {
  const std::string path = model_path();
  load_model(path);  // what the table says is a network
  const std::vector<std::string> damaged = verify_model(path);
  if (!damaged.empty()) {
    std::string names;
    for (const std::string& name : damaged) names += (names.empty() ? "" : ", ") + printable(name);
    throw Error(Status::kModel, printable(path) + ": damaged: " + names + "; fetch or make the file again");
  }
  run.detail(printable(path) + ": whole");
  return Status::kOk;
}

/// Names of the head's rows: for tags O, then B- I- E- S- of each kind.
std::vector<std::string> label_names(Head head, std::size_t kinds) {
  std::vector<std::string> names;
  if (head == Head::kTag) names.push_back("O");
  for (std::size_t i = 0; i < kinds && head != Head::kLm; ++i) {
    const std::string kind = "KIND_" + std::to_string(i);
    if (head == Head::kLabel)
      names.push_back(kind);
    else
      for (const char* part : {"B-", "I-", "E-", "S-"}) names.push_back(part + kind);
  }
  return names;
}

Status run_new(Run& run) {
  Config config = read_shape(settings.shape);
  std::unique_ptr<Tokenizer> tokenizer;
  if (!settings.tokenizer.empty()) tokenizer = load_tokenizer(settings.tokenizer);
  if (config.vocab_size == 0) {
    if (!tokenizer) throw Error(Status::kInput, printable(settings.shape) + ": no vocab_size; give --tokenizer");
    config.vocab_size = tokenizer->size();
  }
  const std::vector<std::string> labels = label_names(config.head, settings.labels);
  config.n_labels = labels.size();
  check_config(config, printable(settings.shape));
  ModelData model = random_model(config, run.seed);
  model.tokenizer = std::move(tokenizer);
  model.info.name = "random";
  model.info.task = settings.task;
  model.info.labels = labels;
  save_model(model, *dtype_named(settings.type), settings.output);
  return Status::kOk;
}

Status run_convert(Run& run) {
  save_model(load(run), *dtype_named(settings.type), settings.output, settings.llama_cpp,
             *layout_named(settings.layout));
  return Status::kOk;
}

/// Text of a model for a terminal: line feeds and tabs as they are, other control characters escaped.
std::string shown(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = text.find_first_of("\n\t");
    out += printable(text.substr(0, end));
    if (end == text.npos) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

const char* reason_name(StopReason reason) {
  switch (reason) {
    case StopReason::kEndOfText:
      return "end";
    case StopReason::kStopString:
      return "stop";
    case StopReason::kMaxTokens:
      return "max-tokens";
    case StopReason::kContextFull:
      return "context";
    case StopReason::kDeadline:
      return "time-limit";
    case StopReason::kComplete:
      return "complete";
    case StopReason::kBudget:
    case StopReason::kNoAnswer:
      return "none";
  }
  return "";
}

std::vector<std::int32_t> token_ids() {
  std::vector<std::int32_t> ids;
  for (const std::string& text : settings.ids) {
    std::int32_t id = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
      throw Error(Status::kInput, "--ids: not a list of token ids");
    ids.push_back(id);
  }
  return ids;
}

Status run_generate(Run& run) {
  std::string prompt;
  for (const std::string& word : settings.prompts) prompt += (prompt.empty() ? "" : " ") + word;
  if (!settings.ids.empty() && !settings.prompts.empty()) throw Error(Status::kInput, "give words or --ids, not both");
  if (settings.ids.empty() && (settings.prompts.empty() || prompt == "-")) prompt = run.read("-");
  Generator generator(Model::open(model_path()), run.threads);
  GenerateOptions options;
  options.max_tokens = settings.max_tokens;
  options.temperature = static_cast<float>(settings.temperature);
  options.top_k = settings.top_k;
  options.seed = run.seed;
  options.stop = settings.stop;
  options.deadline = run.deadline;
  std::function<void(std::string_view)> on_text;
  if (!run.json)
    on_text = [&run](std::string_view text) {
      run.out.write(shown(text));
      run.out.end_record(false);
      run.out.flush();
    };
  const Generator::Result result = settings.ids.empty() ? generator.generate(prompt, options, on_text)
                                                        : generator.generate(token_ids(), options, on_text);
  if (result.reason == StopReason::kDeadline)
    throw Error(Status::kSystem,
                "the time limit ended the text after " + std::to_string(result.tokens.size()) + " tokens");
  if (run.json) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().member("text", result.text).key("tokens").begin_array();
    for (const std::int32_t token : result.tokens) json.value(token);
    json.end_array().member("reason", reason_name(result.reason)).end_object();
    run.out.write(out);
  }
  run.out.end_record();
  return Status::kOk;
}

Status run_logits(Run& run) {
  const std::vector<std::int32_t> ids = token_ids();
  Generator generator(Model::open(model_path()), run.threads);
  const std::vector<float> logits = generator.logits(ids);
  const std::size_t vocabulary = logits.size() / ids.size();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("ids").begin_array();
  for (const std::int32_t id : ids) json.value(id);
  json.end_array().key("logits").begin_array();
  for (std::size_t t = 0; t < ids.size(); ++t) {
    json.begin_array();
    for (std::size_t i = 0; i < vocabulary; ++i) json.value(logits[t * vocabulary + i]);
    json.end_array();
  }
  json.end_array().end_object();
  run.out.write(out);
  run.out.end_record();
  return Status::kOk;
}

Status run_bench(Run& run) {
  const std::string path = model_path();
  std::vector<std::size_t> counts = {1, Threads(run.threads).count()};
  if (run.threads > 0 || counts[1] == 1) counts.erase(counts.begin());
  std::vector<StartFigure> starts;
  for (const std::size_t count : counts)
    starts.push_back(bench_start("/proc/self/exe", path, settings.repetitions, count));
  const ModelData model = load(run);
  const std::size_t bytes = weight_bytes(model), cache = cache_bytes();
  const bool cached = bytes < cache;
  std::string out;
  JsonWriter json(out);
  if (run.json) {
    json.begin_object().member("model", model.info.name).member("type", dtype_name(model.weights.wte.type));
    json.member("weight_bytes", bytes).member("bytes_per_token", bytes_per_token(model));
    json.member("repetitions", settings.repetitions).key("runs").begin_array();
  } else {
    out = bench_heading();
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    Threads threads(counts[i]);
    BenchRun bench{counts[i], starts[i], {}, {threads, cached ? bytes : std::max<std::size_t>(4 * cache, 256 << 20)}};
    bench.figures = bench_model(model, settings.repetitions, threads, bench.limits);
    if (run.json)
      write_bench(json, bench);
    else
      out += bench_lines(bench, cached);
  }
  if (run.json)
    json.end_array().end_object();
  else
    out.pop_back();
  run.out.write(out);
  run.out.end_record();
  return Status::kOk;
}

Option model_argument() {
  return argument("MODEL",
                  "A GGUF file, a .safetensors file with config.json beside it, a Hugging Face folder, or the name of "
                  "an installed model.",
                  &settings.model);
}

Option output_argument() { return argument("OUT", "The GGUF file to write.", &settings.output); }

Command command(const char* name, const char* summary, const char* description, std::vector<Command::Example> examples,
                Status (*run)(Run&)) {
  Command c;
  c.name = name;
  c.summary = summary;
  c.description = description;
  c.examples = std::move(examples);
  c.run = run;
  return c;
}

Command inspect_command() {
  Command c = command("inspect", "show what a model is",
                      "Prints shape, number of parameters (all, and those that one token is multiplied with), head, "
                      "task, training summary and tensors.",
                      {{"eve-model inspect pico-pii.gguf", "show the model"},
                       {"eve-model inspect --json pico-pii.gguf | jq .parameters.total", "count its parameters"}},
                      run_inspect);
  c.common = {Common::kJson, Common::kOutput, Common::kQuiet};
  c.options = {model_argument()};
  return c;
}

Command verify_command() {
  Command c = command("verify", "find damage in a model file",
                      "Compares all bytes of a GGUF file with the checksums it carries. Prints nothing and ends with "
                      "status 0 when the file is whole; "
                      "names the damaged tensors on stderr and ends with status 3 when it is not.",
                      {{"eve-model verify pico-pii.gguf", "check the file"}}, run_verify);
  c.common = {Common::kVerbose};
  c.options = {model_argument()};
  return c;
}

Command new_command() {
  Command c =
      command("new", "write a model with random weights",
              "Writes a model of any shape with weights that mean nothing (matrices N(0, 0.02), norms 1), so that "
              "a shape can be timed without anybody's weights. SHAPE is JSON: n_layer, n_embd, n_head, head_dim, "
              "block_size, num_experts, top_k, expert_intermediate_size, shared_expert_intermediate_size, and "
              "if wanted vocab_size, rope_theta, router_aux_loss_coef, head (lm, tag or label).\n\n"
              "Without --tokenizer the model has no vocabulary: it takes token ids only.",
              {{"eve-model new shape.json random.gguf --type q8_0", "a model to time"}}, run_new);
  c.common = {Common::kSeed};
  c.options = {argument("SHAPE", "The JSON file that says its sizes.", &settings.shape),
               output_argument(),
               choice("--type", "TYPE", "How weights are stored.", &settings.type, kTypes),
               option("--tokenizer", "FILE",
                      "A SentencePiece model, a tokenizer.json, or a folder with vocab.json and merges.txt.",
                      &settings.tokenizer),
               option("--task", "NAME", "The task that the file says it is for.", &settings.task),
               option("--labels", "N", "Kinds that a tag or label head tells apart.", &settings.labels, 1, 1000)};
  return c;
}

Command bench_command() {
  Command c = command(
      "bench", "time a model on this machine",
      "Prints tokens a second (the median and the best of --repetitions): prefill of 64 and 512 tokens, decoding of "
      "128 "
      "tokens after 16, and 8 sequences together; then the time from the start of a process to its end after one "
      "token, "
      "and the most memory a process held that wrote 128.\n\n"
      "Beside them stands the share of what this machine can do, measured in the same minute: for prefill the "
      "operations a second of the fastest product instruction in use; for decoding the bytes a second that as many "
      "threads read (of a buffer four times the last-level cache, or of the size of the weights when they fit into "
      "it). Without --threads everything is measured with one thread and with all.",
      {{"eve-model bench pico-pii.gguf", "time the model"}}, run_bench);
  c.common = {Common::kJson, Common::kOutput, Common::kThreads};
  c.options = {model_argument(),
               option("--repetitions", "N", "Samples of each figure.", &settings.repetitions, 1, 10000)};
  return c;
}

Command convert_command() {
  Command c = command(
      "convert", "write a model as a GGUF file",
      "Reads any form of the model and writes one GGUF file. Norms, routers and biases stay f32 in every type. "
      "Weights are put into the order in which they are read; --layout rows leaves them as other programs expect "
      "them.\n\n"
      "With --llama-cpp the file is one that stock llama.cpp runs (architecture ernie4_5-moe, the same function); "
      "without it, one with "
      "the architecture eve-moe.",
      {{"eve-model convert Eve-2-MoE-IT-272M/ eve.gguf --type bf16", "convert a folder from Hugging Face"},
       {"eve-model convert eve.gguf llama.gguf --type q8_0 --llama-cpp", "make a file for llama.cpp"}},
      run_convert);
  c.common = {Common::kQuiet};
  c.options = {
      model_argument(), output_argument(), choice("--type", "TYPE", "How weights are stored.", &settings.type, kTypes),
      choice("--layout", "ORDER", "Order of the weights in the file: the one that is read fastest, or plain rows.",
             &settings.layout, {"interleaved-16", "rows"}),
      flag("--llama-cpp", "Write what llama.cpp reads.", &settings.llama_cpp)};
  return c;
}

Command quantize_command() {
  Command c =
      command("quantize", "write a model with smaller weights",
              "q8_0 takes 8.5 bits a weight, q4_0 4.5, bf16 and f16 take 16. Norms, routers and biases stay f32.",
              {{"eve-model quantize eve.gguf eve-q8.gguf --type q8_0", "a quarter of the size of f32"}}, run_convert);
  c.common = {Common::kQuiet};
  Option type = choice("--type", "TYPE", "How weights are stored.", &settings.type, kTypes);
  type.required = true;
  type.default_text.clear();
  c.options = {model_argument(), output_argument(), type};
  return c;
}

Command generate_command() {
  Command c = command("generate", "continue a text",
                      "Prints how a model of the head lm continues the prompt: the words given, or stdin when there "
                      "are none; each word as soon as it is known. Control characters in the "
                      "text are escaped, except line feeds and tabs; --json gives them as they are.",
                      {{"eve-model generate eve.gguf --stop 'User:' \"$(printf 'User: Name a colour.\\nAssistant:')\"",
                        "ask a chat model"}},
                      run_generate);
  c.common = {Common::kJson, Common::kOutput, Common::kThreads, Common::kSeed, Common::kTimeLimit, Common::kMaxInput};
  c.options = {model_argument(),
               files("PROMPT", "Words of the prompt.", &settings.prompts),
               option("--max-tokens", "N", "Most tokens to write.", &settings.max_tokens, 1, 1 << 20),
               option("--temperature", "X", "0 takes the best token each time; 1 draws from the model's distribution.",
                      &settings.temperature, 0, 100),
               option("--top-k", "N", "Draw from the N best tokens only; 0: from all.", &settings.top_k, 0, 1 << 20),
               repeated("--stop", "TEXT", "End before this text.", &settings.stop),
               list("--ids", "ID,...", "Token ids of the prompt, instead of words.", &settings.ids)};
  return c;
}

Command logits_command() {
  Command c = command("logits", "compute scores of the next token",
                      "Prints one JSON object: ids, and for each of them the scores of all tokens to follow it, so "
                      "that another implementation can be "
                      "compared.",
                      {{"eve-model logits eve.gguf --ids 5,1,2", "scores after each of three tokens"}}, run_logits);
  c.common = {Common::kOutput, Common::kThreads};
  Option ids = list("--ids", "ID,...", "Token ids.", &settings.ids);
  ids.required = true;
  c.options = {model_argument(), ids};
  return c;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-model";
  tool.summary = "inspect, verify, convert and try model files";
  tool.description = "Works on the model files of the eve tools and on Eve-2 models from Hugging Face.";
  tool.examples = {{"eve-model inspect pico-pii.gguf", "show what a model is"},
                   {"eve-model convert Eve-2-MoE-IT-272M/ eve.gguf --type bf16", "convert a folder from Hugging Face"}};
  tool.commands = {inspect_command(), verify_command(),   new_command(),      bench_command(),
                   convert_command(), quantize_command(), generate_command(), logits_command()};
  return tool;
}

}  // namespace eve
