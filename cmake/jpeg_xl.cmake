# libjxl's decoder: target jxl_decoder, from the distribution's sources as the others. In the browser it is a module of its own.

library_source(highway_source highway https://deb.debian.org/debian/pool/main/h/highway/highway_1.0.3.orig.tar.gz
               566fc77315878473d9a6bd815f7de78c73734acdcb745c3dde8579560ac5440e)
library_source(jxl_source jpeg-xl https://deb.debian.org/debian/pool/main/j/jpeg-xl/jpeg-xl_0.7.0.orig.tar.gz
               3114bba1fabb36f6f4adc2632717209aa6f84077bc4e93b420e0d63fa0455c5e)

# The lists are named in another file, and otherwise, from version 0.9 on.
file(GLOB jxl_lists ${jxl_source}/lib/jxl.cmake ${jxl_source}/lib/jxl_lists.cmake)
set(jxl_files "")
foreach(list IN LISTS jxl_lists)
  file(READ ${list} text)
  if(text MATCHES "set\\(JPEGXL_INTERNAL_(SOURCES_DEC|DEC_SOURCES)\n([^)]*)\\)")
    string(REGEX MATCHALL "jxl/[^ \n]+\\.cc" jxl_files "${CMAKE_MATCH_2}")
  endif()
endforeach()
if(NOT jxl_files)
  message(FATAL_ERROR "the sources of libjxl do not list their decoder")
endif()
# Of no use without Brotli, see its place in format_libraries/jxl.
list(FILTER jxl_files EXCLUDE REGEX "jxl/jpeg/dec_jpeg_data(_writer)?\\.cc")

# 1.1 and newer have what ends a program in a file of its own.
set(highway_files aligned_allocator.cc targets.cc)
if(EXISTS ${highway_source}/hwy/abort.cc)
  list(APPEND highway_files abort.cc)
endif()
add_decoder(highway ${highway_source}/hwy ${highway_files})
target_include_directories(highway SYSTEM PUBLIC ${highway_source})
# One set of instructions, that of the build: what a processor has besides is not looked for.
target_compile_definitions(highway PUBLIC HWY_COMPILE_ONLY_STATIC)

add_decoder(jxl_decoder ${jxl_source}/lib ${jxl_files})
foreach(part MAJOR MINOR PATCH)
  file(STRINGS ${jxl_source}/lib/CMakeLists.txt line REGEX "set\\(JPEGXL_${part}_VERSION [0-9]+\\)")
  string(REGEX MATCH "[0-9]+" JPEGXL_${part}_VERSION "${line}")
endforeach()
configure_file(${jxl_source}/lib/jxl/version.h.in include/jxl_decoder/jxl/version.h)
target_include_directories(jxl_decoder SYSTEM PUBLIC ${PROJECT_SOURCE_DIR}/cmake/format_libraries/jxl ${jxl_source} ${jxl_source}/lib/include)
target_compile_definitions(jxl_decoder PRIVATE
  JXL_INTERNAL_LIBRARY_BUILD JPEGXL_ENABLE_TRANSCODE_JPEG=0 JPEGXL_ENABLE_BOXES=0
  JPEGXL_MAJOR_VERSION=${JPEGXL_MAJOR_VERSION} JPEGXL_MINOR_VERSION=${JPEGXL_MINOR_VERSION} JPEGXL_PATCH_VERSION=${JPEGXL_PATCH_VERSION})
target_link_libraries(jxl_decoder PUBLIC highway)
# Both put __FILE__ into their messages: the name of the file, not of the folder that somebody built in.
foreach(library highway jxl_decoder)
  target_compile_options(${library} PRIVATE -fmacro-prefix-map=${jxl_source}/= -fmacro-prefix-map=${highway_source}/=)
endforeach()
