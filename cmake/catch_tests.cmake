# use_catch(<target>): an executable of Catch2 tests, natively or for Node.
#
# Debian 12 packages Catch2 2 (one header); Debian 13 and most others 3 (a library, native only).
if(CYTODROP_CATCH2_SOURCE)
  set(CATCH_INSTALL_DOCS OFF)
  add_subdirectory(${CYTODROP_CATCH2_SOURCE} ${CMAKE_BINARY_DIR}/catch2 EXCLUDE_FROM_ALL SYSTEM)
  set(catch_library Catch2::Catch2WithMain)
else()
  find_path(CATCH2_SINGLE_HEADER catch2/catch.hpp PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH)
  if(CATCH2_SINGLE_HEADER)
    add_header_only(catch2 catch2/catch.hpp .)
    set(catch_library catch2)
  else()
    find_package(Catch2 3 REQUIRED)
    set(catch_library Catch2::Catch2WithMain)
  endif()
endif()

function(use_catch target)
  # main.cpp holds nothing but Catch2, and the tests are compiled far longer than they run: what is tested is the core, which is
  # compiled as it ships.
  target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit/main.cpp)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/unit/main.cpp PROPERTIES COMPILE_OPTIONS "-w;-O0;-fno-sanitize=all" SKIP_PRECOMPILE_HEADERS ON)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit)
  if(EMSCRIPTEN)
    target_compile_options(${target} PRIVATE -O1)
    # .cjs: package.json makes .js an ES module. One file, so that the loader has nothing to fetch.
    set_target_properties(${target} PROPERTIES SUFFIX .cjs)
    target_link_options(${target} PRIVATE -sNODERAWFS=1 -sSINGLE_FILE=1 -sENVIRONMENT=node -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=1GB)
  else()
    target_compile_options(${target} PRIVATE -O0 -g1)
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit/catch.h)
  endif()
  target_compile_definitions(${target} PRIVATE CYTODROP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE project_warnings nlohmann_json ${catch_library})
  add_test(NAME ${target} COMMAND ${target})
endfunction()
