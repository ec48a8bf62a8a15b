# Sanitizers for the whole build, and what makes it quick if the machine has it: ccache, lld.
if(HOIKU_SANITIZE STREQUAL "address")
  # Without frame pointers the reports have no usable stacks; without -fno-sanitize-recover undefined behaviour would
  # print a line and pass the test.
  set(HOIKU_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(HOIKU_SANITIZE STREQUAL "thread")
  # Asio's handlers are fenced, which ThreadSanitizer does not understand; one thread runs a loop, so nothing hangs on it.
  # And of instrumented std::string code g++ 12 says that it leaves its bounds.
  set(HOIKU_SANITIZE_FLAGS -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan -Wno-array-bounds -Wno-stringop-overflow)
elseif(HOIKU_SANITIZE STREQUAL "fuzzer")
  # What libFuzzer has to see of the code, and both sanitizers, which tell it what went wrong.
  set(HOIKU_SANITIZE_FLAGS -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
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
  # Without this sloppiness ccache refuses every file that uses a precompiled header. Paths count from the checkout, so
  # that one checkout's objects serve another one.
  set(sloppiness pch_defines,time_macros,include_file_mtime,include_file_ctime)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=${sloppiness} CCACHE_NOHASHDIR=1
                                  CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${HOIKU_CCACHE})
endif()

find_program(HOIKU_LLD ld.lld)
if(HOIKU_LLD)
  add_link_options(-fuse-ld=lld)
endif()
