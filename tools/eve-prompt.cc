// SPDX-License-Identifier: Apache-2.0
// eve-prompt: a short description to a prompt for an image generator.
#include <set>

#include "base/json.h"
#include "base/utf8.h"
#include "eve/eve.h"
#include "prompt/expander.h"
#include "prompt/sentences.h"
#include "prompt/styles.h"
#include "prompt/syntax.h"
#include "prompt/templates.h"
#include "tool.h"

namespace eve {
namespace {

using prompt::Style;

struct {
  std::vector<std::string> files, styles;
  std::string dialect = "sd", style_file, wildcards, negative_text, allow, deny, aspect;
  std::uint64_t count = 1, budget = 0, stylize = 0;
  double temperature = 1.1;
  bool negative = false, list_styles = false, as_is = false, no_templates = false;
} settings;

struct Answer {
  std::string prompt, negative;
  std::uint64_t seed = 0;
  std::size_t tokens = 0;
};

std::vector<std::string> read_words(const std::string& file) {
  std::vector<std::string> words;
  if (file.empty()) return words;
  const std::string text = read_file(file, 16 << 20);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    if (utf8_error(line) != line.npos || printable(line) != line)
      throw Error(Status::kInput, printable(file) + " is not a list of words");
    words.emplace_back(line);
  }
  return words;
}

bool is_flux() { return settings.dialect == "flux"; }
bool is_midjourney() { return settings.dialect == "midjourney"; }
/// flux and midjourney have no field for what should not be seen.
bool has_negative_field() { return !is_flux() && !is_midjourney(); }

class Maker {
 public:
  explicit Maker(Run& run) : run_(run), templates_(settings.wildcards) {
    const std::vector<Style> known = prompt::load_styles(settings.style_file);
    for (const std::string& name : settings.styles) {
      const auto found = std::ranges::find(known, name, &Style::name);
      if (found == known.end())
        throw Error(Status::kInput, "no style " + printable(name) + "; see eve-prompt --list-styles");
      styles_.push_back(*found);
    }
    if (!settings.aspect.empty() && !is_midjourney())
      throw Error(Status::kInput, "--aspect is for --dialect midjourney");
    if (settings.stylize && !is_midjourney()) throw Error(Status::kInput, "--stylize is for --dialect midjourney");
    if (!settings.aspect.empty() && settings.aspect.find_first_not_of("0123456789:") != std::string::npos)
      throw Error(Status::kInput, "--aspect takes a ratio as 3:2");
    budget_ = settings.budget ? settings.budget : is_flux() ? 200 : 75;
    // Lists are read before the model, which takes longer to find missing.
    const prompt::WordLists lists{read_words(settings.allow), read_words(settings.deny)};
    if (settings.as_is) return;
    const Model model = Model::open(run.model.empty() ? Model::find("pico-prompt") : run.model, "prompt");
    expander_ = std::make_unique<prompt::Expander>(model, run.threads, lists);
  }

  std::vector<Answer> make(const std::string& record) {
    std::vector<Answer> answers;
    std::set<std::string> seen;
    // Some draws may be equal: a few more are tried.
    for (std::uint64_t draw = 0; answers.size() < settings.count && draw < 4 * settings.count + 4; ++draw) {
      Answer answer = make_one(record, run_.seed + draw);
      if (seen.insert(answer.prompt).second) answers.push_back(std::move(answer));
      run_.check_time();
    }
    return answers;
  }

  std::string style_names() const {
    std::string names;
    for (const Style& style : styles_) names += (names.empty() ? "" : ",") + style.name;
    return names;
  }
  std::size_t budget() const { return budget_; }

 private:
  Run& run_;
  prompt::Templates templates_;
  std::vector<Style> styles_;
  std::size_t budget_ = 75;
  std::unique_ptr<prompt::Expander> expander_;

  Answer make_one(const std::string& record, std::uint64_t seed) {
    Rng rng(seed);
    const std::string text = settings.no_templates ? record : templates_.expand(record, rng);
    const std::size_t parameters = prompt::parameters_at(text);
    const std::string body = text.substr(0, parameters);
    Answer answer;
    answer.seed = seed;
    answer.prompt = body;
    std::string around;
    for (const Style& style : styles_) {
      answer.prompt = style.apply(answer.prompt);
      around += style.apply("") + ", ";
    }
    if (expander_) {
      GenerateOptions options;
      options.deadline = run_.deadline;
      const auto tags = expander_->additions(prompt::plain_text(body), around, static_cast<float>(settings.temperature),
                                             seed, options);
      answer.prompt = is_flux() ? prompt::with_additions(answer.prompt, prompt::sentences_of(tags), ". ", budget_)
                                : prompt::with_additions(answer.prompt, tags, ", ", budget_);
    }
    answer.tokens = prompt::count_tokens(answer.prompt);
    if (settings.negative) {
      if (has_negative_field()) answer.negative = prompt::kNegative;
      for (const std::string& more : {settings.negative_text, style_negatives()})
        if (!more.empty()) answer.negative += (answer.negative.empty() ? "" : ", ") + more;
    }
    answer.prompt += text.substr(parameters);
    if (is_midjourney()) {
      const auto add = [&](const std::string& name, const std::string& value) {
        if (text.find(" --" + name + " ") == text.npos) answer.prompt += " --" + name + " " + value;
      };
      if (!settings.aspect.empty()) add("ar", settings.aspect);
      if (settings.stylize) add("stylize", std::to_string(settings.stylize));
      if (!answer.negative.empty()) add("no", answer.negative);
    }
    return answer;
  }

  std::string style_negatives() const {
    std::string text;
    for (const Style& style : styles_)
      if (!style.negative.empty()) text += (text.empty() ? "" : ", ") + style.negative;
    return text;
  }
};

/// The record as it came, if it is text that may be printed.
void check_text(std::string_view record, const std::string& where) {
  if (const std::size_t at = utf8_error(record); at != record.npos)
    throw Error(Status::kInput, where + ": byte " + std::to_string(at) + " is not UTF-8");
  for (std::size_t at = 0; at < record.size();) {
    const CodePoint point = utf8_at(record, at);
    if (point.value != '\t' && is_unsafe_on_terminal(point.value))
      throw Error(Status::kInput, where + ": byte " + std::to_string(at) + " is a control character");
    at += point.bytes;
  }
}

std::string json_of(const Answer& answer, const std::string& style) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().member("prompt", answer.prompt).key("negative");
  if (answer.negative.empty())
    json.null();
  else
    json.value(answer.negative);
  json.member("seed", answer.seed).key("style");
  if (style.empty())
    json.null();
  else
    json.value(style);
  json.member("tokens", answer.tokens).end_object();
  return line;
}

/// The result of a record without a prompt.
void write_none(Run& run, const std::string& reason) {
  if (run.json) {
    std::string line;
    JsonWriter json(line);
    json.begin_object();
    for (const char* name : {"prompt", "negative", "seed", "style"}) json.key(name).null();
    json.member("tokens", 0).member("reason", reason).end_object();
    run.out.write(line);
  }
  run.out.end_record();
}

Status list_styles(Run& run) {
  const auto styles = prompt::load_styles(settings.style_file);
  if (run.json) {
    run.out.write(styles_json(styles));
    run.out.end_record();
    return Status::kOk;
  }
  for (const Style& style : styles) {
    run.out.write(printable(style.name) + "\t" + printable(style.prompt));
    run.out.end_record();
  }
  return Status::kOk;
}

/// Prompts of a record; of none `reason` says why.
std::vector<Answer> answers_for(Run& run, Maker& maker, const std::string& record, const std::string& where,
                                std::string& reason) {
  reason = "the record is empty";
  if (record.find_first_not_of(" \t") == record.npos) return {};
  try {
    return maker.make(record);
  } catch (const Error& error) {  // its template is wrong
    if (error.status() != Status::kInput) throw;
    reason = error.what();
    run.note(where + ": " + reason);
    return {};
  }
}

Status run_prompt(Run& run) {
  if (settings.list_styles) return list_styles(run);
  Maker maker(run);
  Records records(run, settings.files);
  Status status = Status::kOk;
  for (std::string record; records.next(record);) {
    if (record.ends_with('\r')) record.pop_back();
    const std::string where = "record " + std::to_string(records.count());
    check_text(record, where);
    if (!prompt::is_balanced(record)) run.detail(where + ": brackets are not balanced");
    std::string reason;
    const std::vector<Answer> answers = answers_for(run, maker, record, where, reason);
    if (answers.empty()) {
      status = Status::kNoAnswer;
      write_none(run, reason);
      continue;
    }
    if (answers.size() < settings.count)
      run.note(where + ": only " + std::to_string(answers.size()) + " different prompts were found");
    for (const Answer& answer : answers) {
      if (!settings.as_is && answer.tokens > maker.budget())
        run.note(where + ": the text itself takes " + std::to_string(answer.tokens) + " tokens of " +
                 std::to_string(maker.budget()) + "; nothing was added");
      if (run.json) {
        run.out.write(json_of(answer, maker.style_names()));
      } else {
        run.out.write(answer.prompt);
        if (!answer.negative.empty() && has_negative_field()) run.out.write("\nNegative prompt: " + answer.negative);
      }
      run.out.end_record();
    }
  }
  return status;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-prompt";
  tool.summary = "turn short descriptions into prompts for image generators";
  tool.description =
      "Reads a description a line and writes a prompt a line: the description as it stands, byte for byte, and what a "
      "small model adds about medium, light, composition and mood, within a budget of tokens.\n"
      "\n"
      "Weights, brackets, LoRA tags and escapes of A1111 and InvokeAI and parameters of Midjourney pass untouched. "
      "Templates of dynamic prompts are expanded first. What is added comes from a list of words without names: no "
      "artist is ever named who is not named in the description.";
  tool.examples = {
      {"echo 'a lighthouse in a storm' | eve-prompt", "a richer prompt"},
      {"echo 'a lighthouse in a storm' | eve-prompt -n 4 --seed 7 --style cinematic --negative",
       "four variants in a style, with what should not be seen"},
      {"echo 'a {red|blue} (fox:1.2) <lora:ink:0.7>' | eve-prompt --as-is -n 2",
       "templates and styles alone, without a model"},
      {"eve-prompt --dialect midjourney --aspect 3:2 <ideas.txt", "for Midjourney"},
      {"eve-prompt --list-styles --json >my-styles.json", "the presets, to begin a list of one's own"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,   Common::kVerbose, Common::kJson,      Common::kNul,
                 Common::kModel,  Common::kThreads, Common::kSeed,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = 64 << 10;
  tool.no_answer = "For an empty line, or one whose template is wrong, there is an empty line.";
  tool.options = {
      option("-n, --count", "N", "So many different prompts for each description, by seeds that follow each other.",
             &settings.count, 1, 1000),
      choice("--dialect", "NAME",
             "For whom: tags for sd, sdxl and plain, tags and parameters for midjourney, sentences for flux.",
             &settings.dialect, {"sd", "sdxl", "flux", "midjourney", "plain"}),
      option("--budget", "N",
             "Add nothing beyond so many tokens, as CLIP's encoder is estimated to count them (75; flux: 200).",
             &settings.budget, 1, 2000),
      repeated("--style", "NAME", "Put the prompt into a preset.", &settings.styles),
      option("--styles", "FILE", "More presets: JSON, [{\"name\", \"prompt\", \"negative_prompt\"}].",
             &settings.style_file),
      flag("--list-styles", "Only list the presets; with --json as such a file.", &settings.list_styles),
      flag("--negative", "Also write what should not be seen: a line \"Negative prompt: ...\", for midjourney --no.",
           &settings.negative),
      option("--avoid", "TEXT", "More for --negative.", &settings.negative_text),
      option("--aspect", "W:H", "Midjourney's --ar, unless the description has one.", &settings.aspect),
      option("--stylize", "N", "Midjourney's --stylize, unless the description has one.", &settings.stylize, 0, 1000),
      option("--wildcards", "DIR", "Where __NAME__ of templates is NAME.txt, a choice a line.", &settings.wildcards),
      flag("--no-templates", "Braces are braces.", &settings.no_templates),
      option("--allow", "FILE", "More words or phrases that may be added, one a line.", &settings.allow),
      option("--deny", "FILE", "Words that may not be added, one a line.", &settings.deny),
      option("--temperature", "T", "How freely words are drawn: 0 takes the likeliest, above 1 strange ones come up.",
             &settings.temperature, 0, 2),
      flag("--as-is", "Add nothing: templates, styles and parameters alone. Needs no model.", &settings.as_is),
      files("FILE", "Descriptions to read; - is stdin.", &settings.files),
  };
  tool.sections = {
      {"TEMPLATES",
       "{a|b} is a or b; {2$$a|b|c} two of them, {1-3$$ and $$a|b|c} one to three with \" and \" between them; "
       "{0.25::a|b} "
       "gives a weight; __NAME__ is a line of a wildcard. They nest. \\{ is a brace that is meant."},
      {"TOKENS",
       "Nobody's token table is part of this program. A common word counts as one token, a digit and a mark as one "
       "each, "
       "any other word as one for every three letters begun; weights and LoRA tags count nothing. BREAK begins a chunk "
       "of its own: what stands behind the last one counts. Prompts of rare words may take a few tokens less or more "
       "than that."},
      {"JSON",
       "With --json each prompt gives {\"prompt\", \"negative\", \"seed\", \"style\", \"tokens\"}; --seed with that "
       "seed and "
       "without -n gives the same prompt when --temperature is the same."},
  };
  tool.run = run_prompt;
  return tool;
}

}  // namespace eve
