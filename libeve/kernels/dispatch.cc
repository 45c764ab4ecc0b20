// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string>
#include <string_view>

#include "eve/error.h"
#include "kernels/tables.h"

namespace eve {
namespace {

struct Candidate {
  const Kernels* table;
  bool runs;  // on this CPU, under this operating system
};

// Worst first.
std::vector<Candidate> candidates() {
  return {{&kGenericKernels, true}};
}

const Kernels& choose() {
  const char* wanted = std::getenv("EVE_ISA");
  if (wanted == nullptr || *wanted == '\0') return *available_kernels().back();
  std::string names;
  for (const Candidate& candidate : candidates()) {
    if (candidate.table->name == std::string_view(wanted)) {
      if (candidate.runs) return *candidate.table;
      throw Error(Status::kInput, std::string("EVE_ISA=") + candidate.table->name + ": this CPU cannot run it; unset EVE_ISA");
    }
    names += names.empty() ? "" : ", ";
    names += candidate.table->name;
  }
  throw Error(Status::kInput, "EVE_ISA names no instruction set of this build; use one of " + names + " or unset it");
}

}  // namespace

std::vector<const Kernels*> available_kernels() {
  std::vector<const Kernels*> tables;
  for (const Candidate& candidate : candidates())
    if (candidate.runs) tables.push_back(candidate.table);
  return tables;
}

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace eve
