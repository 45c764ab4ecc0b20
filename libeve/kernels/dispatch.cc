// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <cstdlib>
#include <string>
#include <string_view>

#include "eve/error.h"
#include "kernels/tables.h"

namespace eve {
namespace {

#if defined(__x86_64__)
// clang 14's __builtin_cpu_supports does not know it. Its registers are AVX's, which is asked for beside it.
bool cpu_has_f16c() {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

struct Candidate {
  const Kernels* table;
  bool runs;  // on this CPU, under this operating system
};

// Worst first.
std::vector<Candidate> candidates() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && cpu_has_f16c();
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  return {{&kGenericKernels, true}, {&kAvx2Kernels, avx2}, {&kAvx512Kernels, avx512}, {&kAvx512VnniKernels, vnni}};
#elif defined(__aarch64__)
  const bool dot_product = (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  return {{&kGenericKernels, true}, {&kNeonKernels, true}, {&kNeonDotKernels, dot_product}};
#else
  return {{&kGenericKernels, true}};
#endif
}

const Kernels& choose() {
  const char* wanted = std::getenv("EVE_ISA");
  if (wanted == nullptr || *wanted == '\0') return *available_kernels().back();
  std::string names;
  for (const Candidate& candidate : candidates()) {
    if (candidate.table->name == std::string_view(wanted)) {
      if (candidate.runs) return *candidate.table;
      throw Error(Status::kInput,
                  std::string("EVE_ISA=") + candidate.table->name + ": this CPU cannot run it; unset EVE_ISA");
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
