# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, besides the programs and what they print about themselves (tools/CMakeLists.txt).
if(NOT BUILD_SHARED_LIBS)
  return()  # a static libeve is for builds that stay where they are, such as the fuzzers
endif()
include(CMakePackageConfigHelpers)

install(TARGETS eve EXPORT eveTargets LIBRARY ARCHIVE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/libeve/include/eve DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
file(GLOB models CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/models/*.gguf ${PROJECT_SOURCE_DIR}/models/*.route ${PROJECT_SOURCE_DIR}/models/*.words)
install(FILES ${models} DESTINATION ${CMAKE_INSTALL_DATADIR}/eve/models)
install(FILES ${PROJECT_SOURCE_DIR}/man/eve-model.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${PROJECT_SOURCE_DIR}/man/eve.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/eve)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/eveConfig.cmake.in ${PROJECT_BINARY_DIR}/eveConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/eveConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/eveConfig.cmake ${PROJECT_BINARY_DIR}/eveConfigVersion.cmake DESTINATION ${package})
install(EXPORT eveTargets NAMESPACE eve:: DESTINATION ${package})

# The prefix may be chosen as late as `cmake --install --prefix`.
install(CODE "
  set(CMAKE_INSTALL_LIBDIR \"${CMAKE_INSTALL_LIBDIR}\")
  set(CMAKE_INSTALL_INCLUDEDIR \"${CMAKE_INSTALL_INCLUDEDIR}\")
  set(PROJECT_VERSION \"${PROJECT_VERSION}\")
  set(PROJECT_DESCRIPTION \"${PROJECT_DESCRIPTION}\")
  configure_file(\"${PROJECT_SOURCE_DIR}/cmake/eve.pc.in\" \"${PROJECT_BINARY_DIR}/eve.pc\" @ONLY)
  file(INSTALL \"${PROJECT_BINARY_DIR}/eve.pc\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig\")
")
