# One precompiled header for everybody: Asio costs seconds in each of a hundred files, and it never changes.
#
# hoiku_pch owns it; every other target of ours borrows it (REUSE_FROM), which needs the same flags, hence the same
# sanitizers and the same definitions that Asio looks at. Turn it off with -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON: the
# `clang` preset does, and so finds the includes that somebody forgot.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # what ccache needs to see through a precompiled header
endif()

add_library(hoiku_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
# hoiku_warnings too: -Wpedantic changes a predefined macro, and g++ then refuses the header.
target_link_libraries(hoiku_pch PRIVATE Boost::headers hoiku_warnings)
target_precompile_headers(hoiku_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.hpp)

# Lends the header to every library and program below `directory`.
function(hoiku_precompile_below directory)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(without ${target} DISABLE_PRECOMPILE_HEADERS)
    if(type MATCHES "STATIC_LIBRARY|OBJECT_LIBRARY|EXECUTABLE" AND NOT target STREQUAL hoiku_pch AND NOT without)
      target_precompile_headers(${target} REUSE_FROM hoiku_pch)
    endif()
  endforeach()
  get_property(children DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    hoiku_precompile_below(${child})
  endforeach()
endfunction()

function(hoiku_precompile_everything)
  target_compile_definitions(hoiku_pch PRIVATE $<TARGET_PROPERTY:hoiku_async,INTERFACE_COMPILE_DEFINITIONS>)
  hoiku_precompile_below(${PROJECT_SOURCE_DIR})
endfunction()
