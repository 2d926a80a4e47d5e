# add_header_only(<target> <header> <folder>): an interface library for headers that the system provides.
#
# Only the folder that is needed goes on the include path, by a link in the build tree: /usr/include itself would bring
# the host's C library into a WebAssembly build. <folder> is what to link, as seen from the directory where <header> was
# found: `stb` stands beside other folders in /usr/include/stb, so the directory itself is linked.
function(add_header_only target header folder)
  find_path(${target}_INCLUDE_DIR ${header} PATHS /usr/include /usr/local/include /opt/homebrew/include
            PATH_SUFFIXES ${folder} NO_CMAKE_FIND_ROOT_PATH)
  if(NOT ${target}_INCLUDE_DIR)
    message(FATAL_ERROR "${header} was not found: run scripts/setup, or pass -D${target}_INCLUDE_DIR=DIR")
  endif()
  set(links ${CMAKE_BINARY_DIR}/include/${target})
  file(MAKE_DIRECTORY ${links})
  get_filename_component(first ${header} DIRECTORY)
  if(first STREQUAL "")
    set(first ${header})
  endif()
  file(CREATE_LINK ${${target}_INCLUDE_DIR}/${first} ${links}/${first} SYMBOLIC)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${links})
endfunction()
