# Sanitizers for the whole build; ccache and lld, if they are installed.
if(HOIKU_SANITIZE STREQUAL "address")
  # Without frame pointers the reports have no usable stacks; without -fno-sanitize-recover undefined behaviour would
  # print a line and pass the test.
  set(HOIKU_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(HOIKU_SANITIZE STREQUAL "thread")
  # ThreadSanitizer does not understand the fences around Asio's handlers; we need none, since one thread runs a loop.
  # And g++ 12 warns that instrumented std::string code leaves its bounds.
  set(HOIKU_SANITIZE_FLAGS -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan -Wno-array-bounds -Wno-stringop-overflow)
elseif(HOIKU_SANITIZE STREQUAL "fuzzer")
  # libFuzzer's coverage, and both sanitizers, which report failures to it.
  set(HOIKU_SANITIZE_FLAGS
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(NOT HOIKU_SANITIZE STREQUAL "")
  message(FATAL_ERROR "HOIKU_SANITIZE is '${HOIKU_SANITIZE}'; it may be address, thread, fuzzer, or empty.")
endif()
if(HOIKU_SANITIZE_FLAGS)
  add_compile_options(${HOIKU_SANITIZE_FLAGS})
  add_link_options(${HOIKU_SANITIZE_FLAGS})
endif()

if(NOT PROJECT_IS_TOP_LEVEL)
  return()  # a parent chooses its own launcher and linker
endif()

find_program(HOIKU_CCACHE ccache)
if(HOIKU_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without this sloppiness ccache refuses every file that uses a precompiled header. Paths are relative to the
  # checkout, so that another checkout can use the same objects.
  set(sloppiness pch_defines,time_macros,include_file_mtime,include_file_ctime)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=${sloppiness} CCACHE_NOHASHDIR=1
                                  CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${HOIKU_CCACHE})
endif()

find_program(HOIKU_LLD ld.lld)
if(HOIKU_LLD)
  add_link_options(-fuse-ld=lld)
endif()
