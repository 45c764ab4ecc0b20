// SPDX-License-Identifier: Apache-2.0
// Declaring options, and where their values come from: command line, environment, config file.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <list>
#include <map>
#include <numeric>
#include <type_traits>

#include "tool_parts.h"

namespace eve {
namespace {

constexpr std::size_t kConfigLimitBytes = 1 << 20;

template <class Number>
Number parse_number(const std::string& text, Number min, Number max) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end && number >= min && number <= max) return number;
  std::string reason = "not a number";
  if constexpr (std::is_integral_v<Number>) {
    reason = "not a whole number from " + std::to_string(min);
    if (max != std::numeric_limits<Number>::max()) reason += " to " + std::to_string(max);
  } else {
    char bounds[64];
    const int size = std::snprintf(bounds, sizeof bounds, " from %g to %g", min, max);
    reason.append(bounds, static_cast<std::size_t>(size));
  }
  throw Error(Status::kInput, reason);
}

std::string join(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

void require_choice(const std::string& word, const std::vector<std::string>& choices) {
  if (choices.empty() || std::find(choices.begin(), choices.end(), word) != choices.end()) return;
  throw Error(Status::kInput, "must be one of " + join(choices, ", "));
}

template <class Number>
Option number_option(std::string flags, std::string value, std::string help, Number* target, Number min, Number max) {
  Option made{std::move(flags), std::move(value), std::move(help), {}, {}, {}, false, false, {}};
  char digits[32];
  if (*target != Number{}) made.default_text.assign(digits, std::to_chars(digits, digits + sizeof digits, *target).ptr);
  made.assign = [=](const std::string& text) { *target = parse_number(text, min, max); };
  return made;
}

std::string bytes_text(std::size_t size) {
  const char* units[] = {"", "K", "M", "G"};
  int unit = 0;
  while (unit < 3 && size && size % 1024 == 0) size /= 1024, ++unit;
  return std::to_string(size) + units[unit];
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replace, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// " (did you mean X?)", or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = 3;
  for (const std::string& candidate : known) {
    const std::size_t distance = candidate.rfind(word, 0) == 0 ? 1 : edit_distance(word, candidate);
    if (distance < best_distance) best_distance = distance, best = candidate;
  }
  return best.empty() ? "" : " (did you mean " + best + "?)";
}

std::string trim(std::string_view text) {
  const auto space = " \t\r";
  const std::size_t begin = text.find_first_not_of(space);
  return begin == std::string_view::npos ? ""
                                         : std::string(text.substr(begin, text.find_last_not_of(space) - begin + 1));
}

void assign(const Option& option, const std::string& value, const std::string& where) {
  try {
    option.assign(value);
  } catch (const Error& error) {
    throw Error(error.status(), where + ": " + error.what());
  }
}

/// The config file's values for this tool by option name, the tool's own lines over the general ones.
struct Config {
  struct Value {
    std::string text, where;
    bool own;  // written as tool.option
  };
  std::map<std::string, Value> values;

  explicit Config(const std::string& tool_name) {
    const char* base = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    std::string path;
    if (base && *base == '/')
      path = base;
    else if (home && *home)
      path = std::string(home) + "/.config";
    else
      return;
    path += "/eve/config";
    if (access(path.c_str(), F_OK) != 0) return;
    const std::string prefix = tool_name.substr(tool_name.find('-') + 1) + ".";
    std::istringstream lines(read_file(path, kConfigLimitBytes));
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      const std::string where = printable(path) + ":" + std::to_string(++number);
      line = trim(line);
      if (line.empty() || line.front() == '#') continue;
      const std::size_t equals = line.find('=');
      if (equals == std::string::npos) throw Error(Status::kInput, where + ": expected OPTION = VALUE");
      std::string key = trim(line.substr(0, equals));
      const bool own = key.rfind(prefix, 0) == 0;
      if (own)
        key.erase(0, prefix.size());
      else if (key.find('.') != std::string::npos)
        continue;  // another tool's
      const auto known = values.find(key);
      if (known == values.end() || own || !known->second.own) values[key] = {trim(line.substr(equals + 1)), where, own};
    }
  }
};

/// The options of one command as CLI11 sees them: it only splits the words.
class Words {
 public:
  Words(CLI::App& app, const std::vector<Option>& options) : options_(options) {
    app.set_help_flag();
    app.allow_extras();
    for (const Option& option : options) {
      std::vector<std::string>& words = words_.emplace_back();
      if (option.positional()) continue;
      std::string names = option.flags;
      names.erase(std::remove(names.begin(), names.end(), ' '), names.end());
      const auto keep = [&words](const CLI::results_t& given) {
        words = given;
        return true;
      };
      CLI::Option* made = app.add_option(names, keep);
      if (option.value.empty())
        made->expected(0)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      else
        made->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }

  /// Whether a switch is among the words.
  bool given(const std::string& long_name) const {
    auto word = words_.begin();
    for (const Option& option : options_)
      if (const auto& found = *word++; option.long_name() == long_name) return !found.empty();
    return false;
  }

  /// Stores what was given, after CLI11 has parsed; with `help`, nothing is required. Throws kInput.
  void apply(const Config& config, const std::string& see, bool help) {
    auto word = words_.begin();
    for (const Option& option : options_) {
      const std::vector<std::string>& given = *word++;
      if (option.positional()) continue;
      const std::string name = "--" + option.long_name();
      if (!given.empty()) {
        if (given.size() > 1 && !option.repeats && !option.value.empty())
          throw Error(Status::kInput, name + " is given twice" + see);
        for (const std::string& value : given) {
          if (value.empty() && !option.value.empty()) throw Error(Status::kInput, name + " needs a value" + see);
          assign(option, value, name);
        }
        continue;
      }
      const char* environment = option.environment.empty() ? nullptr : std::getenv(option.environment.c_str());
      if (environment && *environment) {
        assign(option, environment, option.environment);
      } else if (const auto found = config.values.find(option.long_name()); found != config.values.end()) {
        assign(option, found->second.text, found->second.where + ": " + found->first);
      } else if (option.required && !help) {
        throw Error(Status::kInput, "missing " + name + see);
      }
    }
  }

  /// Keeps what CLI11 left over as positional arguments; throws kInput for an unknown option before "--".
  void take_positionals(const std::vector<std::string>& left, const std::string& see) {
    bool only_positionals = false;
    for (const std::string& word : left) {
      if (only_positionals || word.size() < 2 || word.front() != '-')
        positionals_.push_back(word);
      else if (word == "--")
        only_positionals = true;
      else
        throw Error(Status::kInput, "no option " + printable(word.substr(0, word.find('='))) + suggest(word) + see);
    }
  }

  void apply_positionals(const std::string& see) {
    std::size_t next = 0;
    for (const Option& option : options_) {
      if (!option.positional()) continue;
      if (option.required && next == positionals_.size()) throw Error(Status::kInput, "missing " + option.flags + see);
      do {
        if (next < positionals_.size()) assign(option, positionals_[next++], option.flags);
      } while (option.repeats && next < positionals_.size());
    }
    if (next < positionals_.size())
      throw Error(Status::kInput, "one argument too many: number " + std::to_string(next + 1) + see);
  }

 private:
  const std::vector<Option>& options_;
  std::list<std::vector<std::string>> words_;  // CLI11 keeps pointers to the elements
  std::vector<std::string> positionals_;

  std::string suggest(const std::string& word) const {
    std::vector<std::string> names;
    for (const Option& known : options_)
      if (!known.positional()) names.push_back("--" + known.long_name());
    return suggestion(word.substr(0, word.find('=')), names);
  }
};

}  // namespace

std::string Option::long_name() const {
  const std::size_t dashes = flags.rfind("--");
  return dashes == std::string::npos ? flags : flags.substr(dashes + 2);
}

Option flag(std::string flags, std::string help, bool* target) {
  Option made{std::move(flags), {}, std::move(help), {}, {}, {}, false, false, {}};
  made.assign = [target](const std::string& text) {
    if (text != "true" && text != "false") throw Error(Status::kInput, "must be true or false");
    *target = text == "true";
  };
  return made;
}

Option option(std::string flags, std::string value, std::string help, std::string* target) {
  Option made{std::move(flags), std::move(value), std::move(help), {}, *target, {}, false, false, {}};
  made.assign = [target](const std::string& text) { *target = text; };
  return made;
}

Option option(std::string flags, std::string value, std::string help, std::uint64_t* target, std::uint64_t min,
              std::uint64_t max) {
  return number_option(std::move(flags), std::move(value), std::move(help), target, min, max);
}

Option option(std::string flags, std::string value, std::string help, double* target, double min, double max) {
  return number_option(std::move(flags), std::move(value), std::move(help), target, min, max);
}

Option bytes(std::string flags, std::string value, std::string help, std::size_t* target) {
  Option made{std::move(flags), std::move(value), std::move(help), {}, bytes_text(*target), {}, false, false, {}};
  made.assign = [target](const std::string& text) {
    std::size_t shift = 0;
    std::string digits = text;
    if (const std::size_t unit = digits.empty() ? 3 : std::string_view("KMG").find(digits.back()); unit < 3) {
      shift = 10 * (unit + 1);
      digits.pop_back();
    }
    *target = parse_number<std::size_t>(digits, 0, (std::size_t{1} << 50) >> shift) << shift;
  };
  return made;
}

Option choice(std::string flags, std::string value, std::string help, std::string* target,
              std::vector<std::string> choices) {
  Option made = option(std::move(flags), std::move(value), std::move(help), target);
  made.choices = choices;
  made.assign = [target, choices = std::move(choices)](const std::string& text) {
    require_choice(text, choices);
    *target = text;
  };
  return made;
}

Option repeated(std::string flags, std::string value, std::string help, std::vector<std::string>* target) {
  Option made{std::move(flags), std::move(value), std::move(help), {}, {}, {}, true, false, {}};
  made.assign = [target](const std::string& text) { target->push_back(text); };
  return made;
}

Option list(std::string flags, std::string value, std::string help, std::vector<std::string>* target,
            std::vector<std::string> choices) {
  Option made = repeated(std::move(flags), std::move(value), std::move(help), target);
  made.choices = choices;
  made.default_text = join(*target, ",");
  made.assign = [target, choices = std::move(choices), first = std::make_shared<bool>(true)](const std::string& text) {
    if (std::exchange(*first, false)) target->clear();  // the default
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
      if (word.empty()) throw Error(Status::kInput, "has an empty word");
      require_choice(word, choices);
      target->push_back(word);
    }
  };
  return made;
}

Option argument(std::string name, std::string help, std::string* target) {
  Option made = option(std::move(name), {}, std::move(help), target);
  made.required = true;
  return made;
}

Option files(std::string name, std::string help, std::vector<std::string>* target) {
  return repeated(std::move(name), {}, std::move(help), target);
}

std::vector<Option> all_options(const Command& command, Run& run, CommonValues& values) {
  std::vector<Option> options = command.options;
  const auto add = [&](Common which, Option made, const char* environment = "") {
    if (std::find(command.common.begin(), command.common.end(), which) == command.common.end()) return;
    made.environment = environment;
    options.push_back(std::move(made));
  };
  if (command.run) {
    run.max_input = command.max_input;
    add(Common::kOutput, option("-o, --output", "FILE",
                                "Write to FILE instead of stdout: whole at the end, or not at all.", &values.output));
    add(Common::kJson, flag("--json", "One JSON object per result.", &run.json));
    add(Common::kNul, flag("-0, --null", "Records end with NUL instead of a line feed, in and out.", &run.nul));
    add(Common::kModel, option("--model", "FILE", "The model to use instead of the installed one.", &run.model),
        "EVE_MODEL");
    add(Common::kThreads,
        option("--threads", "N", "Threads to use; 0 is one for each available CPU, at most 16.", &run.threads, 0, 1024),
        "EVE_THREADS");
    add(Common::kSeed, option("--seed", "N", "Seed of what is random.", &run.seed), "EVE_SEED");
    add(Common::kTimeLimit,
        option("--time-limit", "SECONDS", "Give up with status 4 after this time; 0 is never.", &values.time_limit, 0,
               1e9),
        "EVE_TIME_LIMIT");
    add(Common::kMaxInput,
        bytes("--max-input", "BYTES", "Refuse a larger record; K, M and G are understood.", &run.max_input),
        "EVE_MAX_INPUT");
    add(Common::kColor, choice("--color", "WHEN", "Use colour; auto means on a terminal, and never with NO_COLOR.",
                               &values.color, {"auto", "always", "never"}));
    add(Common::kQuiet, flag("-q, --quiet", "No notes on stderr, only errors.", &run.quiet));
    add(Common::kVerbose, flag("-v, --verbose", "Say on stderr what is done.", &run.verbose));
  }
  options.push_back(flag("-h, --help", "Print this help and exit.", &values.help));
  options.push_back(flag("--version", "Print the version and exit.", &values.version));
  return options;
}

const Command& parse_arguments(const Tool& tool, const std::vector<std::string>& arguments, Run& run,
                               CommonValues& values) {
  const Command* command = &tool;
  std::vector<std::string> words = arguments;
  std::string called = tool.name;
  if (!tool.commands.empty() && !words.empty() && words.front().rfind('-', 0) != 0) {
    const auto found = std::find_if(tool.commands.begin(), tool.commands.end(),
                                    [&](const Command& c) { return c.name == words.front(); });
    if (found == tool.commands.end() && !tool.run) {
      std::vector<std::string> names;
      for (const Command& known : tool.commands) names.push_back(known.name);
      throw Error(Status::kInput, "no command " + printable(words.front()) + suggestion(words.front(), names) +
                                      "; commands are " + join(names, ", "));
    }
    if (found != tool.commands.end()) {
      command = &*found;
      called += " " + found->name;
      words.erase(words.begin());
    }
  }
  const std::string see = "; see " + called + " --help";
  const std::vector<Option> options = all_options(*command, run, values);
  for (const std::string& word : words) {
    if (word == "--") break;
    // CLI11 would take the next word for the value.
    if (word.rfind("--", 0) == 0 && word.find('=') == word.size() - 1)
      throw Error(Status::kInput, printable(word.substr(0, word.size() - 1)) + " needs a value" + see);
  }
  CLI::App app;
  Words parsed(app, options);
  try {
    std::reverse(words.begin(), words.end());
    app.parse(words);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();  // "--name: 1 required TYPE missing"
    throw Error(Status::kInput, what.substr(0, what.find(':')) + " needs a value" + see);
  } catch (const CLI::ParseError& error) {
    throw Error(Status::kInput, printable(error.what()) + see);
  }
  parsed.take_positionals(app.remaining(), see);
  parsed.apply(Config(tool.name), see, parsed.given("help") || parsed.given("version"));
  if (values.help || values.version) return *command;
  parsed.apply_positionals(see);
  if (!command->run) throw Error(Status::kInput, "a command is missing" + see);
  return *command;
}

}  // namespace eve
