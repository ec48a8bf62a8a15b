# Unity builds: one compilation of several sources of a target, so that templates of their headers are compiled once.
#
# HOIKU_UNITY is `all` in dev (quick from nothing) and in most other builds. It is empty in `clang`, which finds
# forgotten includes, and in what is released and measured. With `tests` a changed library file compiles alone, which
# suits a day of edits.
set(HOIKU_UNITY "" CACHE STRING "Compile several files at once: tests, all, or nothing")
set_property(CACHE HOIKU_UNITY PROPERTY STRINGS "" tests all)
if(NOT HOIKU_UNITY MATCHES "^(|tests|all)$")
  message(FATAL_ERROR "HOIKU_UNITY is '${HOIKU_UNITY}'; it may be tests, all, or empty.")
endif()

# Makes the batches of `target`.
function(hoiku_unite target)
  get_target_property(is_test ${target} HOIKU_PRECOMPILED)
  if(HOIKU_UNITY STREQUAL "all")
    set(batch 16)
  elseif(HOIKU_UNITY STREQUAL "tests" AND is_test)
    set(batch 4)
  else()
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE BATCH UNITY_BUILD_BATCH_SIZE ${batch})
  # g++ warns about anonymous namespaces in included files, and a batch includes its sources. clang does not warn.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# hoiku_compile_alone(FILE...): keeps files out of the batches if their private names clash with those of others.
function(hoiku_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
