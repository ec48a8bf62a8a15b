# Unity builds: one compilation of several sources of a target, so that what their headers instantiate is compiled once.
#
# HOIKU_UNITY is `tests` in the dev build (a changed library file compiles alone), `all` in builds in which nothing is
# edited (sanitizers, fuzzers, the image's programs in CI), and empty in `clang`, which finds forgotten includes, and in
# `release`.
set(HOIKU_UNITY "" CACHE STRING "Compile several files at once: tests, all, or nothing")
set_property(CACHE HOIKU_UNITY PROPERTY STRINGS "" tests all)
if(NOT HOIKU_UNITY MATCHES "^(|tests|all)$")
  message(FATAL_ERROR "HOIKU_UNITY is '${HOIKU_UNITY}'; it may be tests, all, or empty.")
endif()

# Gives `target` its batches: few files each in the dev build, where one of them is edited.
function(hoiku_unite target)
  get_target_property(is_test ${target} HOIKU_PRECOMPILED)
  if(HOIKU_UNITY STREQUAL "all")
    set(batch 8)
  elseif(HOIKU_UNITY STREQUAL "tests" AND is_test)
    set(batch 4)
  else()
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE BATCH UNITY_BUILD_BATCH_SIZE ${batch})
  # g++ takes what is in an anonymous namespace for a header's, since another file includes it. clang has no such warning.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# hoiku_compile_alone(FILE...): keeps files out of the batches: those whose private names clash with their neighbours',
# and those that a compiler cannot compile in a batch.
function(hoiku_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
