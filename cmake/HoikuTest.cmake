# hoiku_add_test(NAME broker_topic SOURCES topic_test.cpp LIBRARIES hoiku_broker_core [TIMEOUT 60])
#
# A GoogleTest program whose every TEST is a test of ctest, named broker_topic.Topic.EqualValueMakesNoTransition. With a
# sanitizer the program is one test of ctest: to start it once for each TEST took four times as long as the tests. The
# timeout, per TEST or for the program, is generous: it ends what hangs, and says nothing about speed.
include(GoogleTest)

# Options for the sanitizers' runtimes, also for tests that are scripts.
set(HOIKU_TEST_ENVIRONMENT "")
if(HOIKU_SANITIZE STREQUAL "address")
  set(HOIKU_TEST_ENVIRONMENT "ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:check_initialization_order=1"
                             "UBSAN_OPTIONS=print_stacktrace=1")
elseif(HOIKU_SANITIZE STREQUAL "thread")
  set(HOIKU_TEST_ENVIRONMENT
      "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:halt_on_error=1:second_deadlock_stack=1")
endif()

# Compiling the tests' own files took more than half of a build. Therefore the dev build and those with a sanitizer do
# not optimise them; under AddressSanitizer they also leave out the checks that cost most and find least there. The code
# under test has both. The builds `plain` and `clang` optimise the tests too, which instantiate the headers' templates.
set(HOIKU_TEST_FLAGS "" CACHE STRING "Compiler options for the tests' own files")
if(HOIKU_SANITIZE)
  set(HOIKU_TEST_FLAGS -O0)
  if(HOIKU_SANITIZE STREQUAL "address")
    list(APPEND HOIKU_TEST_FLAGS -fno-sanitize=null,alignment,vptr,object-size)
  endif()
endif()

# Sanitizers cost a factor of 2 to 15.
set(HOIKU_TEST_TIMEOUT_FACTOR 1)
if(HOIKU_SANITIZE)
  set(HOIKU_TEST_TIMEOUT_FACTOR 4)
endif()

function(hoiku_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "SOURCES;LIBRARIES")
  if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hoiku_add_test needs NAME and SOURCES, and does not know: '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  set(is_long ${arg_TIMEOUT})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  math(EXPR timeout "${arg_TIMEOUT} * ${HOIKU_TEST_TIMEOUT_FACTOR}")

  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBRARIES} GTest::gmock_main hoiku_warnings)
  target_compile_options(${arg_NAME} PRIVATE ${HOIKU_TEST_FLAGS})
  set_target_properties(${arg_NAME} PROPERTIES HOIKU_PRECOMPILED hoiku_test_pch)
  if(HOIKU_SANITIZE)
    if(timeout LESS 1200)
      set(timeout 1200)
    endif()
    # GTEST_BRIEF: the output is that of the tests that failed. A leak that is found at the end names the program only.
    add_test(NAME ${arg_NAME} COMMAND ${arg_NAME})
    set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${timeout}
                                                ENVIRONMENT "GTEST_BRIEF=1;${HOIKU_TEST_ENVIRONMENT}")
    if(is_long)
      set_tests_properties(${arg_NAME} PROPERTIES COST 100) # it starts first
    endif()
    return()
  endif()
  # PRE_TEST: asking the program for its tests while building would let a crash look like a compile error.
  gtest_discover_tests(
    ${arg_NAME}
    TEST_PREFIX ${arg_NAME}.
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${timeout} ENVIRONMENT "${HOIKU_TEST_ENVIRONMENT}")
endfunction()

# hoiku_add_script_test(NAME targets.install COMMAND ... [TIMEOUT 60] [LABELS ...]): a test that is a command.
function(hoiku_add_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "COMMAND;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  math(EXPR timeout "${arg_TIMEOUT} * ${HOIKU_TEST_TIMEOUT_FACTOR}")
  add_test(NAME ${arg_NAME} COMMAND ${arg_COMMAND})
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${timeout} LABELS "${arg_LABELS}"
                                             ENVIRONMENT "${HOIKU_TEST_ENVIRONMENT}")
endfunction()
