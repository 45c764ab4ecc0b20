// SPDX-License-Identifier: Apache-2.0
// --help and the man page, from the declaration.
#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include "tool_parts.h"

namespace eve {
namespace {

constexpr std::size_t kWidth = 80;

/// `text` wrapped at kWidth with `indent`; lines that begin with a space stand as they are.
std::string wrap(const std::string& text, std::size_t indent) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == ' ') {
      out += line.empty() ? "\n" : std::string(indent, ' ') + line + "\n";
      continue;
    }
    std::istringstream words(line);
    std::string row;
    for (std::string word; words >> word;) {
      if (!row.empty() && indent + row.size() + 1 + word.size() > kWidth) {
        out += std::string(indent, ' ') + row + "\n";
        row.clear();
      }
      row += (row.empty() ? "" : " ") + word;
    }
    out += std::string(indent, ' ') + row + "\n";
  }
  return out;
}

/// " [OPTION]... MODEL [FILE]..." of a command.
std::string synopsis(const Command& command, const std::vector<Option>& options) {
  std::string out = command.run ? "" : " COMMAND";
  for (const Option& option : options)
    if (option.required && !option.positional()) out += " --" + option.long_name() + " " + option.value;
  out += " [OPTION]...";
  for (const Option& option : options) {
    if (!option.positional()) continue;
    out += option.required ? " " + option.flags : " [" + option.flags + "]";
    if (option.repeats) out += "...";
  }
  return out;
}

/// An option's help with its choices and default.
std::string full_help(const Option& option) {
  std::string help = option.help;
  for (const std::string& word : option.choices) help += (&word == &option.choices.front() ? " One of " : ", ") + word;
  if (!option.choices.empty()) help += ".";
  if (!option.default_text.empty()) help += " (default " + option.default_text + ")";
  return help;
}

/// Text as roff shows it unchanged.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    if (c == '-')
      out += "\\-";
    else if (c == '\\')
      out += "\\e";
    else
      out += c;
  }
  return out;
}

/// Paragraphs separated by empty lines; lines that begin with a space stay as they are.
std::string roff_text(const std::string& text) {
  std::string out;
  bool kept = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool keep = !line.empty() && line.front() == ' ';
    if (keep != kept) out += keep ? ".nf\n" : ".fi\n";
    kept = keep;
    out += line.empty() ? ".PP\n" : roff(line) + "\n";
  }
  return kept ? out + ".fi\n" : out;
}

std::string roff_option(const Option& option) {
  std::string out = ".TP\n";
  std::istringstream names(option.flags);
  for (std::string name; names >> name;) {
    const bool more = name.back() == ',';
    if (more) name.pop_back();
    out += (option.positional() ? "\\fI" : "\\fB") + roff(name) + "\\fR" + (more ? ", " : "");
  }
  if (!option.value.empty()) out += " \\fI" + roff(option.value) + "\\fR";
  return out + "\n" + roff(full_help(option)) + "\n";
}

std::string roff_options(const std::vector<Option>& options) {
  std::string out;
  for (const bool positional : {true, false})
    for (const Option& option : options)
      if (option.positional() == positional) out += roff_option(option);
  return out;
}

}  // namespace

std::vector<Option> declared_options(const Command& command) {
  Run run;
  CommonValues values;
  return all_options(command, run, values);
}

std::string help_text(const Tool& tool, const Command& command) {
  const bool top = &command == &tool;
  const std::vector<Option> options = declared_options(command);
  const std::string called = top ? tool.name : tool.name + " " + command.name;
  std::string out = called + ": " + command.summary + "\n";
  std::vector<Command::Example> examples = command.examples;
  if (top && examples.empty())
    for (const Command& each : tool.commands)
      if (!each.examples.empty()) examples.push_back(each.examples.front());
  if (!examples.empty()) out += "\nExamples:\n";
  for (const Command::Example& example : examples) out += "  " + example.command + "\n" + wrap(example.meaning, 6);
  out += "\nUsage: " + called + synopsis(command, options) + "\n";
  if (!command.description.empty()) out += "\n" + wrap(command.description, 0);
  if (top && !tool.commands.empty()) {
    out += "\nCommands (each has its own --help):\n";
    for (const Command& each : tool.commands) out += "  " + each.name + "\n" + wrap(each.summary, 6);
  }
  const auto describe = [&](const Option& option) {
    out += "  " + option.flags + (option.value.empty() ? "" : " " + option.value) + "\n";
    out += wrap(full_help(option), 6);
  };
  for (const bool positional : {true, false}) {
    bool titled = false;
    for (const Option& option : options) {
      if (option.positional() != positional) continue;
      if (!titled) out += positional ? "\nArguments:\n" : "\nOptions:\n";
      titled = true;
      describe(option);
    }
  }
  return out;
}

std::string man_page(const Tool& tool) {
  const std::vector<Option> options = declared_options(tool);
  std::string title = tool.name;
  for (char& c : title) c = static_cast<char>(std::toupper(c));
  std::string out = ".TH " + roff(title) + " 1 \"\" \"eve " EVE_VERSION "\" \"User Commands\"\n";
  out += ".SH NAME\n" + roff(tool.name) + " \\- " + roff(tool.summary) + "\n";
  out += ".SH SYNOPSIS\n\\fB" + roff(tool.name) + "\\fR" + roff(synopsis(tool, options)) + "\n";
  out += ".SH DESCRIPTION\n" + roff_text(tool.description);
  out += ".SH OPTIONS\n" + roff_options(options);
  if (!tool.commands.empty()) out += ".SH COMMANDS\n";
  std::vector<Command::Example> examples = tool.examples;
  std::map<std::string, std::string> environment;
  bool has_model = false;
  const auto collect = [&](const Command& command, const std::vector<Option>& of) {
    for (const Option& option : of)
      if (!option.environment.empty()) environment[option.environment] = "Default of --" + option.long_name() + ".";
    has_model |= std::find(command.common.begin(), command.common.end(), Common::kModel) != command.common.end();
  };
  collect(tool, options);
  for (const Command& command : tool.commands) {
    const std::vector<Option> own = declared_options(command);
    out += ".SS " + roff(tool.name + " " + command.name + synopsis(command, own)) + "\n" + roff(command.summary) + "\n";
    if (!command.description.empty()) out += ".PP\n" + roff_text(command.description);
    out += roff_options(own);
    examples.insert(examples.end(), command.examples.begin(), command.examples.end());
    collect(command, own);
  }
  for (const Tool::Section& section : tool.sections)
    out += ".SH " + roff(section.title) + "\n" + roff_text(section.text);
  out += ".SH EXIT STATUS\n.TP\n0\nAn answer was printed and passed its check.\n.TP\n1\n" + roff(tool.no_answer) +
         "\n.TP\n2\nBad usage or bad input.\n.TP\n3\nThe model file is missing, damaged, of another version or for "
         "another "
         "task.\n.TP\n4\nThe system failed: input or output, memory, time limit.\n";
  if (has_model) environment["EVE_MODEL_PATH"] = "Directories with models, separated by colons, searched first.";
  environment["EVE_ISA"] = "Instruction set to compute with; generic repeats results exactly on another machine.";
  environment["XDG_CONFIG_HOME"] = "Where the directory eve with the file config is; default ~/.config.";
  out += ".SH ENVIRONMENT\n";
  for (const auto& [name, meaning] : environment) out += ".TP\n\\fB" + name + "\\fR\n" + roff(meaning) + "\n";
  out += ".SH EXAMPLES\n";
  for (const Command::Example& example : examples)
    out += ".TP\n\\fB" + roff(example.command) + "\\fR\n" + roff(example.meaning) + "\n";
  return out + ".SH SEE ALSO\n\\fBeve\\fR(7)\n";
}

}  // namespace eve
