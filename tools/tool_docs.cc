// SPDX-License-Identifier: Apache-2.0
// --help, from the declaration.
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

}  // namespace

std::vector<Option> declared_options(const Command& command) {
  Run run;
  CommonValues values;
  return all_options(command, run, values);
}

std::string full_help(const Option& option) {
  std::string help = option.help;
  for (const std::string& word : option.choices) help += (&word == &option.choices.front() ? " One of " : ", ") + word;
  if (!option.choices.empty()) help += ".";
  if (!option.default_text.empty()) help += " (default " + option.default_text + ")";
  return help;
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

}  // namespace eve
