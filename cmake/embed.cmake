# o2o_embed(target file constant): compiles `file` into `target` as
#   namespace o2o::embedded { extern const std::string_view constant; }
# declared by "embedded/<constant>.h". The file remains the only copy of its text.
function(o2o_embed target file constant)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/embedded/${target})
  set(header ${dir}/embedded/${constant}.h)
  set(source ${dir}/${constant}.cc)
  add_custom_command(
    OUTPUT ${header} ${source}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DHEADER=${header} -DSOURCE=${source} -DCONSTANT=${constant}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
    DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${source} ${header})
  target_include_directories(${target} PRIVATE ${dir})
endfunction()
