# SPDX-License-Identifier: Apache-2.0
# One file per instruction set, each compiled with its own flags; the rest of the library is the plain baseline.
set(x86_64_isas avx2 avx512 avx512vnni)
set(aarch64_isas neon neondot)
set(avx2_flags -mavx2 -mfma -mf16c)
set(avx512_flags ${avx2_flags} -mavx512f -mavx512bw -mavx512vl -mavx512dq)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ 12 warns about its own _mm512_undefined_*() in immintrin.h (GCC bug 105593).
  list(APPEND avx512_flags -Wno-uninitialized -Wno-maybe-uninitialized)
endif()
set(avx512vnni_flags ${avx512_flags} -mavx512vnni)
set(neon_flags)
set(neondot_flags -march=armv8.2-a+dotprod)

foreach(machine x86_64 aarch64)
  foreach(isa ${${machine}_isas})
    set(source ${CMAKE_CURRENT_LIST_DIR}/${isa}.cc)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL machine)
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${${isa}_flags}")
    else()
      set_source_files_properties(${source} PROPERTIES HEADER_FILE_ONLY ON)
    endif()
  endforeach()
endforeach()
