# hoiku_public_library(async): makes hoiku_async a library of the package, hoiku::async to its users. Its public headers
# are those below include/. With BUILD_SHARED_LIBS it is shared; libraries without public headers stay static inside
# those that they serve. Before 1.0 a minor version may break its users, so the soname has both numbers.
function(hoiku_public_library name)
  set(target hoiku_${name})
  add_library(hoiku::${name} ALIAS ${target})
  set_target_properties(
    ${target} PROPERTIES EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} INSTALL_RPATH "\$ORIGIN"
                         SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(
    ${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()
