// SPDX-License-Identifier: Apache-2.0
// The man page, from the declaration, in mdoc(7).
#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include "tool_parts.h"

namespace eve {
namespace {

constexpr std::size_t kLineBytes = 78;

/// Text as roff shows it unchanged, in ASCII: what is copied from a page must work in a shell.
std::string roff(const std::string& text) {
  static const std::map<char, const char*> kNames = {{'-', "\\-"},    {'\\', "\\e"},   {'"', "\\(dq"}, {'\'', "\\(aq"},
                                                     {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}};
  std::string out;
  for (const char c : text) {
    const auto name = kNames.find(c);
    if (name == kNames.end())
      out += c;
    else
      out += name->second;
  }
  return out;
}

/// A line of text: one that begins with a dot would be a macro.
std::string text_line(const std::string& line) { return (line.starts_with('.') ? "\\&" : "") + line + "\n"; }

/// A word of a macro's line that is neither a macro nor punctuation there.
std::string argument(const std::string& word) {
  const bool macro = (word.size() == 2 || word.size() == 3) && std::isupper(word[0]) && std::islower(word[1]);
  const bool punctuation = word.size() == 1 && std::ispunct(word[0]);
  return (macro || punctuation ? "\\&" : "") + roff(word);
}

std::string arguments(const std::string& text) {
  std::string out;
  std::istringstream words(text);
  for (std::string word; words >> word;) out += " " + argument(word);
  return out;
}

/// Sentences, each on lines of its own, as mdoc wants them.
std::string sentences(const std::string& text) {
  std::string out, line;
  const auto end_line = [&] {
    if (!line.empty()) out += text_line(line);
    line.clear();
  };
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::string shown = roff(word);
    if (line.size() + 1 + shown.size() > kLineBytes) end_line();
    line += (line.empty() ? "" : " ") + shown;
    const std::size_t last = word.find_last_not_of(")\"'");
    if (last != std::string::npos && std::string(".?!").find(word[last]) != std::string::npos) end_line();
  }
  end_line();
  return out;
}

/// Paragraphs separated by empty lines; lines that begin with a space stay as they are.
std::string paragraphs(const std::string& text) {
  std::string out;
  bool kept = false, gap = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      gap = true;
      continue;
    }
    const bool keep = line.front() == ' ';
    if (kept && !keep) out += ".Ed\n";
    if (keep && !kept)
      out += gap ? ".Bd -literal\n" : ".Bd -literal -compact\n";
    else if (gap && !out.empty())
      out += keep ? "\n" : ".Pp\n";
    out += keep ? roff(line) + "\n" : sentences(line);
    kept = keep;
    gap = false;
  }
  return kept ? out + ".Ed\n" : out;
}

/// " Fl o , Fl \-output Ar FILE"
std::string heading(const Option& option) {
  std::string out;
  std::istringstream names(option.flags);
  for (std::string name; names >> name;) {
    const bool more = name.back() == ',';
    if (more) name.pop_back();
    out += (option.positional() ? " Ar " + argument(name) : " Fl " + argument(name.substr(1))) + (more ? " ," : "");
  }
  return out + (option.value.empty() ? "" : " Ar " + argument(option.value));
}

std::string tagged(const std::string& tag, const std::string& text) { return ".It" + tag + "\n" + sentences(text); }

std::string tagged_list(const std::string& items) { return ".Bl -tag -width Ds\n" + items + ".El\n"; }

std::string option_list(const std::vector<Option>& options) {
  std::string items;
  for (const bool positional : {true, false})
    for (const Option& option : options)
      if (option.positional() == positional) items += tagged(heading(option), full_help(option));
  return tagged_list(items);
}

std::string synopsis(const Tool& tool, const Command& command, const std::vector<Option>& options) {
  std::string out = ".Nm" + arguments(tool.name) + "\n";
  if (&command != &tool) out += ".Cm" + arguments(command.name) + "\n";
  if (!command.run) out += ".Ar COMMAND\n";
  for (const Option& option : options)
    if (option.required && !option.positional())
      out += ".Fl " + argument("-" + option.long_name()) + " Ar " + argument(option.value) + "\n";
  out += ".Op Ar OPTION ...\n";
  for (const Option& option : options)
    if (option.positional())
      out += (option.required ? ".Ar " : ".Op Ar ") + argument(option.flags) + (option.repeats ? " ...\n" : "\n");
  return out;
}

}  // namespace

std::string man_page(const Tool& tool) {
  std::string usage, commands;
  std::vector<Command::Example> examples;
  std::map<std::string, std::string> environment;
  bool has_model = false;
  const auto collect = [&](const Command& command, const std::vector<Option>& options) {
    usage += synopsis(tool, command, options);
    examples.insert(examples.end(), command.examples.begin(), command.examples.end());
    for (const Option& option : options)
      if (!option.environment.empty()) environment[option.environment] = "Default of --" + option.long_name() + ".";
    has_model |= std::find(command.common.begin(), command.common.end(), Common::kModel) != command.common.end();
  };
  const std::vector<Option> options = declared_options(tool);
  collect(tool, options);
  for (const Command& command : tool.commands) {
    const std::vector<Option> own = declared_options(command);
    commands += ".Ss" + arguments(command.name) + "\n" + sentences(command.summary + ".");
    if (!command.description.empty()) commands += ".Pp\n" + paragraphs(command.description);
    commands += option_list(own);
    collect(command, own);
  }
  if (has_model) environment["EVE_MODEL_PATH"] = "Directories with models, separated by colons, searched first.";
  environment["EVE_ISA"] = "Instruction set to compute with; generic repeats results exactly on another machine.";
  environment["XDG_CONFIG_HOME"] = "Where the directory eve with the file config is; default ~/.config.";

  std::string title = tool.name;
  for (char& c : title) c = static_cast<char>(std::toupper(c));
  std::string out = ".Dd " EVE_DATE "\n.Dt " + title + " 1\n.Os \"eve " EVE_VERSION "\"\n";
  out += ".Sh NAME\n.Nm" + arguments(tool.name) + "\n.Nd" + arguments(tool.summary) + "\n";
  out += ".Sh SYNOPSIS\n" + usage;
  out += ".Sh DESCRIPTION\n" + paragraphs(tool.description);
  out += ".Sh OPTIONS\n" + option_list(options);
  if (!commands.empty()) out += ".Sh COMMANDS\n" + commands;
  for (const Tool::Section& section : tool.sections)
    out += ".Sh" + arguments(section.title) + "\n" + paragraphs(section.text);
  std::string items;
  for (const auto& [name, meaning] : environment) items += tagged(" Ev " + name, meaning);
  out += ".Sh ENVIRONMENT\n" + tagged_list(items);
  out += ".Sh EXIT STATUS\n" +
         tagged_list(tagged(" 0", "An answer was printed and passed its check.") + tagged(" 1", tool.no_answer) +
                     tagged(" 2", "Bad usage or bad input.") +
                     tagged(" 3", "The model file is missing, damaged, of another version or for another task.") +
                     tagged(" 4", "The system failed: input or output, memory, time limit."));
  items.clear();
  for (const Command::Example& example : examples)
    items += tagged(" Ic \"" + roff(example.command) + "\"", example.meaning);
  out += ".Sh EXAMPLES\n" + tagged_list(items);
  return out + ".Sh SEE ALSO\n" + (has_model ? ".Xr eve-model 5 ,\n" : "") + ".Xr eve 7\n";
}

}  // namespace eve
