// SPDX-License-Identifier: Apache-2.0
// Completions of bash, zsh and fish, from the declaration.
#include <algorithm>
#include <sstream>

#include "tool_parts.h"

namespace eve {
namespace {

/// The names of an option: "-o", "--output".
std::vector<std::string> names_of(const Option& option) {
  std::vector<std::string> names;
  std::istringstream words(option.flags);
  for (std::string word; words >> word;) {
    if (word.back() == ',') word.pop_back();
    names.push_back(word);
  }
  return names;
}

std::string join(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (&word == &words.front() ? "" : between) + word;
  return out;
}

bool takes_file(const Option& option) {
  const std::string& what = option.positional() ? option.flags : option.value;
  return what.find("DIR") != std::string::npos || what.find("FILE") != std::string::npos || option.positional();
}

/// `text` with a backslash before each of `special`.
std::string escaped(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

/// `text` inside single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

/// The same for fish, whose single quotes know a backslash.
std::string fish_quoted(const std::string& text) { return "'" + escaped(text, "'\\") + "'"; }

std::string first_sentence(const std::string& help) {
  const std::size_t end = std::min(help.find(". "), help.find(" ("));
  std::string sentence = help.substr(0, end);
  while (!sentence.empty() && (sentence.back() == '.' || sentence.back() == ' ')) sentence.pop_back();
  return sentence;
}

std::string function_name(const std::string& tool) {
  std::string out = "_" + tool;
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

// ------------------------------------------------------------------------------------------------------------- bash

std::string bash_command(const std::vector<Option>& options, const std::string& indent) {
  std::string values, words;
  bool positionals = false;
  for (const Option& option : options) {
    if (option.positional()) {
      positionals = true;
      continue;
    }
    words += (words.empty() ? "" : " ") + join(names_of(option), " ");
    if (option.value.empty()) continue;
    values += indent + "  " + join(names_of(option), "|") + ") ";
    if (!option.choices.empty())
      values += "mapfile -t COMPREPLY < <(compgen -W '" + join(option.choices, " ") + "' -- \"$cur\")";
    else if (takes_file(option))
      values += "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";
    values += values.back() == ' ' ? "return ;;\n" : "; return ;;\n";
  }
  std::string out = indent + "case $prev in\n" + values + indent + "esac\n";
  out += indent + "if [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '" + words + "' -- \"$cur\")\n";
  if (positionals) out += indent + "else compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n";
  return out + indent + "fi\n";
}

std::string bash(const Tool& tool) {
  const std::string function = function_name(tool.name);
  std::string out = "# bash completion of " + tool.name + "\n" + function + "() {\n";
  out += "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n  COMPREPLY=()\n";
  if (!tool.commands.empty()) {
    std::vector<std::string> names;
    out += "  if ((COMP_CWORD > 1)); then\n    case ${COMP_WORDS[1]} in\n";
    for (const Command& command : tool.commands) {
      names.push_back(command.name);
      out +=
          "      " + command.name + ")\n" + bash_command(declared_options(command), "        ") + "        return ;;\n";
    }
    out += std::string("    esac\n") + (tool.run ? "" : "    return\n") + "  fi\n";
    out += std::string("  [[ $cur == -* ]] || ") + (tool.run ? "((COMP_CWORD > 1)) || " : "") +
           "{ mapfile -t COMPREPLY < <(compgen -W '" + join(names, " ") + "' -- \"$cur\"); return; }\n";
  }
  out += bash_command(declared_options(tool), "  ");
  return out + "}\ncomplete -F " + function + " " + tool.name + "\n";
}

// -------------------------------------------------------------------------------------------------------------- zsh

std::string zsh_command(const std::vector<Option>& options, const std::string& indent) {
  std::string out = indent + "_arguments -s -S";
  for (const Option& option : options) {
    std::string action;
    if (!option.choices.empty())
      action = "(" + join(option.choices, " ") + ")";
    else if (takes_file(option))
      action = "_files";
    out += " \\\n" + indent + "  ";
    if (option.positional()) {
      out += quoted((option.repeats ? "*:" : ":") + option.flags + ":" + action);
      continue;
    }
    const std::string tail =
        "[" + first_sentence(option.help) + "]" + (option.value.empty() ? "" : ":" + option.value + ":" + action);
    const std::vector<std::string> names = names_of(option);
    const std::string exclusive = option.repeats ? "*" : "(" + join(names, " ") + ")";
    if (names.size() == 1)
      out += quoted(exclusive + names[0] + tail);
    else
      out += quoted(exclusive) + "{" + join(names, ",") + "}" + quoted(tail);
  }
  return out + "\n";
}

std::string zsh(const Tool& tool) {
  std::string out = "#compdef " + tool.name + "\n";
  if (tool.commands.empty()) return out + zsh_command(declared_options(tool), "");
  out += "local -a commands=(\n";
  for (const Command& command : tool.commands)
    out += "  " + quoted(command.name + ":" + escaped(first_sentence(command.summary), ":")) + "\n";
  out += ")\nif ((CURRENT == 2)) && [[ $PREFIX != -* ]]; then\n  _describe command commands\n  return\nfi\n";
  out += "local command=$words[2]\ncase $command in\n";
  for (const Command& command : tool.commands) {
    out += "  " + command.name + ")\n    shift words; ((CURRENT--))\n" +
           zsh_command(declared_options(command), "    ") + "    ;;\n";
  }
  return out + "  *)\n" + zsh_command(declared_options(tool), "    ") + "    ;;\nesac\n";
}

// ------------------------------------------------------------------------------------------------------------- fish

std::string fish_command(const Tool& tool, const std::vector<Option>& options, const std::string& condition) {
  std::string out;
  for (const Option& option : options) {
    if (option.positional()) continue;
    out += "complete -c " + tool.name + condition;
    for (const std::string& name : names_of(option))
      out += (name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1));
    if (!option.choices.empty())
      out += " -x -a " + fish_quoted(join(option.choices, " "));
    else if (takes_file(option))
      out += " -r -F";
    else if (!option.value.empty())
      out += " -x";
    out += " -d " + fish_quoted(first_sentence(option.help)) + "\n";
  }
  return out;
}

std::string fish(const Tool& tool) {
  std::string out = "# fish completion of " + tool.name + "\n";
  for (const Command& command : tool.commands) {
    out += "complete -c " + tool.name + " -n __fish_use_subcommand -f -a " + command.name + " -d " +
           fish_quoted(first_sentence(command.summary)) + "\n";
    out += fish_command(tool, declared_options(command), " -n '__fish_seen_subcommand_from " + command.name + "'");
  }
  return out + fish_command(tool, declared_options(tool), tool.commands.empty() ? "" : " -n __fish_use_subcommand");
}

}  // namespace

std::string completion(const Tool& tool, const std::string& shell) {
  if (shell == "bash") return bash(tool);
  if (shell == "zsh") return zsh(tool);
  if (shell == "fish") return fish(tool);
  throw Error(Status::kInput, "completions are for bash, zsh and fish");
}

}  // namespace eve
