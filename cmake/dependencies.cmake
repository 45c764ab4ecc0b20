# SPDX-License-Identifier: Apache-2.0
# Everything libeve links, from the distribution's packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(SENTENCEPIECE REQUIRED IMPORTED_TARGET sentencepiece)
pkg_check_modules(OPENBLAS REQUIRED openblas)  # its header; libeve loads the library when it needs it
pkg_check_modules(LZMA REQUIRED IMPORTED_TARGET liblzma)
find_library(SENTENCEPIECE_TRAIN sentencepiece_train REQUIRED)

add_library(eve_dependencies INTERFACE)
target_link_libraries(eve_dependencies INTERFACE PkgConfig::SIMDJSON PkgConfig::UTF8PROC PkgConfig::XXHASH
  Threads::Threads ${CMAKE_DL_LIBS})
target_include_directories(eve_dependencies SYSTEM INTERFACE ${OPENBLAS_INCLUDE_DIRS})

add_library(eve_train_dependencies INTERFACE)
target_link_libraries(eve_train_dependencies INTERFACE PkgConfig::SENTENCEPIECE ${SENTENCEPIECE_TRAIN}
  PkgConfig::LZMA)
if(EVE_MPI)
  find_package(MPI REQUIRED COMPONENTS CXX)
  target_link_libraries(eve_train_dependencies INTERFACE MPI::MPI_CXX)
  target_compile_definitions(eve_train_dependencies INTERFACE EVE_MPI=1)
endif()
