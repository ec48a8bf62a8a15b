# Two precompiled headers, for code that costs seconds in each of hundreds of files and never changes: Asio for all
# targets, and also GoogleMock for the tests.
#
# hoiku_pch and hoiku_test_pch own them; every other target of ours borrows one (REUSE_FROM), which needs equal flags:
# the same sanitizers, and the same definitions that Asio and GoogleTest look at. Turn them off with
# -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON: the `clang` preset does, and so finds missing includes.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # what ccache needs to see through a precompiled header
endif()

# The path is relative to the root, so that ccache recognises the header in another checkout.
add_library(hoiku_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
# hoiku_warnings too: -Wpedantic changes a predefined macro, and g++ then refuses the header.
target_link_libraries(hoiku_pch PRIVATE Boost::headers hoiku_warnings)
target_precompile_headers(hoiku_pch PRIVATE <cmake/precompiled.hpp>)

if(HOIKU_BUILD_TESTS)
  add_library(hoiku_test_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
  target_link_libraries(hoiku_test_pch PRIVATE Boost::headers GTest::gmock hoiku_warnings)
  target_compile_options(hoiku_test_pch PRIVATE ${HOIKU_TEST_FLAGS})
  target_precompile_headers(hoiku_test_pch PRIVATE <cmake/precompiled_test.hpp>)
endif()

# Lends a header to every library and program below `directory`. Tests of hoiku_add_test choose theirs themselves.
function(hoiku_precompile_below directory)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(without ${target} DISABLE_PRECOMPILE_HEADERS)
    get_target_property(owner ${target} HOIKU_PRECOMPILED)
    if(NOT owner)
      set(owner hoiku_pch)
    endif()
    set(is_compiled "STATIC_LIBRARY|OBJECT_LIBRARY|EXECUTABLE")
    if(type MATCHES ${is_compiled} AND NOT target MATCHES "^(hoiku_(test_)?pch|headers_alone)$")
      hoiku_unite(${target})
      if(NOT without)
        target_precompile_headers(${target} REUSE_FROM ${owner})
      endif()
    endif()
  endforeach()
  get_property(children DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    hoiku_precompile_below(${child})
  endforeach()
endfunction()

function(hoiku_precompile_everything)
  foreach(owner hoiku_pch hoiku_test_pch)
    if(TARGET ${owner})
      target_compile_definitions(${owner} PRIVATE $<TARGET_PROPERTY:hoiku_async,INTERFACE_COMPILE_DEFINITIONS>)
    endif()
  endforeach()
  hoiku_precompile_below(${PROJECT_SOURCE_DIR})
endfunction()
