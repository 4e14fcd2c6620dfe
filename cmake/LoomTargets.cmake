# SPDX-License-Identifier: GPL-3.0-or-later
# loom_target(TARGET): what every target of ours has in common.
# Programs and libraries lie in one folder, so that the lab is found beside the engine by $ORIGIN.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
  set(CMAKE_CUDA_COMPILER_LAUNCHER "${CCACHE}")
endif()

function(loom_target target)
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wunused>)
  if(LATENTLOOM_WERROR)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
  endif()
  if(LATENTLOOM_SANITIZERS)
    target_compile_options(${target} PRIVATE -fsanitize=${LATENTLOOM_SANITIZERS} -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${LATENTLOOM_SANITIZERS})
  endif()
endfunction()

# loom_test(NAME LIBS lib…): one GoogleTest program from NAME.cpp in this folder, run by ctest.
# EXTRA source files may follow SOURCES; LABELS default to the folder's name.
function(loom_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBS;SOURCES;ENVIRONMENT")
  add_executable(${name} ${name}.cpp ${arg_SOURCES})
  loom_target(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gtest GTest::gmock)
  target_compile_definitions(${name} PRIVATE LOOM_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LOOM_BINARY_DIR="${CMAKE_BINARY_DIR}/bin")
  get_filename_component(area "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  add_test(NAME ${area}.${name} COMMAND ${name})
  set_tests_properties(${area}.${name} PROPERTIES LABELS ${area} TIMEOUT 300 ENVIRONMENT "LC_ALL=C.UTF-8;${arg_ENVIRONMENT}")
endfunction()
