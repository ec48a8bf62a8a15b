# hoiku_generate_protobuf(messages.proto SOURCES_VARIABLE INCLUDE_VARIABLE): the C++ of a .proto file of this folder.
#
# Generated code is compiled without our warnings and precompiled headers.
function(hoiku_generate_protobuf file sources_variable include_variable)
  get_filename_component(name ${file} NAME_WE)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated})
  add_custom_command(
    OUTPUT ${generated}/${name}.pb.cc ${generated}/${name}.pb.h
    COMMAND protobuf::protoc --proto_path=${CMAKE_CURRENT_SOURCE_DIR} --cpp_out=${generated} ${file}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file}
    COMMENT "Protobuf: ${file}"
    VERBATIM)
  set_source_files_properties(${generated}/${name}.pb.cc PROPERTIES
    COMPILE_OPTIONS "-w" SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
  set(${sources_variable} ${generated}/${name}.pb.cc ${generated}/${name}.pb.h PARENT_SCOPE)
  set(${include_variable} ${generated} PARENT_SCOPE)
endfunction()
