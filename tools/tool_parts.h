// SPDX-License-Identifier: Apache-2.0
// Between the parts of the tool frame; no tool includes this.
#pragma once

#include <string>
#include <vector>

#include "tool.h"

namespace eve {

/// Values of common flags that Run shows in another form.
struct CommonValues {
  std::string output, color = "auto";
  double time_limit = 0;
  bool help = false, version = false;
};

/// All options of a command, its own first, then (where it can be run) the common ones bound to `run` and `values`,
/// --help and --version last.
std::vector<Option> all_options(const Command& command, Run& run, CommonValues& values);

/// The same for reading about them: the values go nowhere.
std::vector<Option> declared_options(const Command& command);

/// Reads the arguments after argv[0] (and the environment and the config file) into what the options are bound to, and
/// returns the command that was chosen: the tool itself when it has none. Throws kInput.
const Command& parse_arguments(const Tool& tool, const std::vector<std::string>& arguments, Run& run,
                               CommonValues& values);

/// An option's help with its choices and default.
std::string full_help(const Option& option);

/// What --help prints for the tool or one of its commands.
std::string help_text(const Tool& tool, const Command& command);
/// The man page, in mdoc(7) macros.
std::string man_page(const Tool& tool);
/// A completion script; throws kInput when shell is not "bash", "zsh" or "fish".
std::string completion(const Tool& tool, const std::string& shell);

}  // namespace eve
