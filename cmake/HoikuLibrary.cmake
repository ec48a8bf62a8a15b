# hoiku_public_library(async): makes hoiku_async a library of the package, hoiku::async to its users. Its public headers
# are those below include/.
function(hoiku_public_library name)
  set(target hoiku_${name})
  add_library(hoiku::${name} ALIAS ${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(
    ${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()
