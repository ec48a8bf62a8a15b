# The package: find_package(hoiku CONFIG) gives hoiku::async, hoiku::proto, hoiku::link, hoiku::client, hoiku::broker
# and hoiku::testing.
include(CMakePackageConfigHelpers)

# Libraries that only serve others (hoiku_broker_core below hoiku::testing) come along with static ones, which need them
# at the final link; they have no headers and no promise.
function(hoiku_install_package)
  set(libraries hoiku_async hoiku_proto hoiku_link hoiku_client hoiku_virtual_time hoiku_broker hoiku_testing)
  if(NOT BUILD_SHARED_LIBS)
    foreach(name IN ITEMS warnings broker_core broker_store broker_server)
      set_target_properties(hoiku_${name} PROPERTIES EXPORT_NAME ${name})
      list(APPEND libraries hoiku_${name})
    endforeach()
  endif()
  install(TARGETS ${libraries} EXPORT hoiku ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
                                            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

  if(HOIKU_BUILD_PROGRAMS)
    if(BUILD_SHARED_LIBS)
      set_target_properties(hoikud hoiku PROPERTIES INSTALL_RPATH "\$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    endif()
    install(TARGETS hoikud hoiku RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
  foreach(room IN ITEMS async proto link broker client testing)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${room}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
            FILES_MATCHING PATTERN "*.hpp")
  endforeach()
  # The wire format, for clients in other languages.
  install(FILES ${PROJECT_SOURCE_DIR}/proto/hoiku.proto DESTINATION ${CMAKE_INSTALL_DATADIR}/hoiku)

  set(destination ${CMAKE_INSTALL_LIBDIR}/cmake/hoiku)
  install(EXPORT hoiku NAMESPACE hoiku:: FILE hoikuTargets.cmake DESTINATION ${destination})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/hoikuConfig.cmake.in ${PROJECT_BINARY_DIR}/hoikuConfig.cmake
                                INSTALL_DESTINATION ${destination})
  # Before 1.0 a minor version may break its users, so it does not stand in for another.
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/hoikuConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/hoikuConfig.cmake ${PROJECT_BINARY_DIR}/hoikuConfigVersion.cmake
          DESTINATION ${destination})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/broker/hoikud/hoikud.toml
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/hoiku)
endfunction()
