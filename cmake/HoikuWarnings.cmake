# hoiku_warnings: what all of our own code is compiled with. Linked PRIVATE, so nobody who uses the package inherits it.
#
# It is installed as an empty target (HoikuInstall.cmake), because CMake wants to see every target that an exported
# static library names, even where it means nothing.
add_library(hoiku_warnings INTERFACE)

set(flags -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor)
if(HOIKU_WERROR)
  list(APPEND flags -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # -Wmaybe-uninitialized: g++ 12 sees a coroutine's frame as one object that is filled across resumptions, and reports
  #   members of it that are always set before they are read. The sanitizer builds look for the real ones.
  # -Wno-interference-size: std::hardware_destructive_interference_size is ours alone, it is in no header's ABI.
  list(APPEND flags -Wno-maybe-uninitialized -Wno-interference-size)
  # g++ 12 reports at -O3 that "text" + std::move(string) leaves its bounds (GCC bug 105651); g++ 13 and clang do not.
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    list(APPEND flags $<$<CONFIG:Release>:-Wno-array-bounds> $<$<CONFIG:Release>:-Wno-restrict>
                      $<$<CONFIG:Release>:-Wno-stringop-overflow>)
  endif()
endif()
target_compile_options(hoiku_warnings INTERFACE $<BUILD_INTERFACE:${flags}>)
unset(flags)
