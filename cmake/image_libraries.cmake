# zlib, libjpeg-turbo and libtiff, read-only and in memory: targets zlib_decoder, jpeg_decoder, tiff_decoder.
#
# The same sources natively and as WebAssembly, so that both give the same pixels. They are the distribution's source packages,
# with its security patches, where scripts/setup put them (build/deps); elsewhere the authors' own archives, by hash. Listed here
# rather than built by their own CMake files: what encodes, opens files or is another codec does not get in.
include(FetchContent)

set(CYTODROP_DEPS ${PROJECT_SOURCE_DIR}/build/deps CACHE PATH "Where scripts/setup laid source packages")

# library_source(<variable> <package> <archive's address> <its SHA-256>): the folder of a library's sources.
function(library_source variable package url hash)
  if(EXISTS ${CYTODROP_DEPS}/${package}/.unpacked)
    set(${variable} ${CYTODROP_DEPS}/${package} PARENT_SCOPE)
    return()
  endif()
  # A folder without CMakeLists.txt: only unpacked, not added.
  FetchContent_Declare(${package} URL ${url} URL_HASH SHA256=${hash} DOWNLOAD_EXTRACT_TIMESTAMP FALSE SOURCE_SUBDIR none)
  FetchContent_MakeAvailable(${package})
  set(${variable} ${${package}_SOURCE_DIR} PARENT_SCOPE)
endfunction()

# add_decoder(<target> <folder> <source>...): a static library of somebody else's C, warnings off.
function(add_decoder target folder)
  list(TRANSFORM ARGN PREPEND ${folder}/)
  add_library(${target} STATIC ${ARGN})
  target_include_directories(${target} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/include/${target} ${folder})
  # Unwind tables: an error in libjpeg-turbo leaves it as a C++ exception.
  target_compile_options(${target} PRIVATE -w -fexceptions)
endfunction()

library_source(zlib_source zlib https://zlib.net/fossils/zlib-1.3.1.tar.gz
               9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23)
library_source(jpeg_source libjpeg-turbo
               https://downloads.sourceforge.net/project/libjpeg-turbo/2.1.5/libjpeg-turbo-2.1.5.tar.gz
               bc12bc9dce55300c6bf4342bc233bcc26bd38bf289eedf147360d731c668ddaf)
library_source(tiff_source tiff https://download.osgeo.org/libtiff/tiff-4.7.0.tar.gz
               67160e3457365ab96c5b3286a0903aa6e78bdc44c4bc737d2e486bcecb6ba976)

add_decoder(zlib_decoder ${zlib_source} adler32.c crc32.c inffast.c inflate.c inftrees.c zutil.c)

foreach(header jconfig.h jconfigint.h)
  configure_file(cmake/image_libraries/${header}.in include/jpeg_decoder/${header} @ONLY)
endforeach()
set(COPYRIGHT_YEAR 2023)
configure_file(${jpeg_source}/jversion.h.in include/jpeg_decoder/jversion.h)
add_decoder(jpeg_decoder ${jpeg_source}
  jcomapi.c jdapimin.c jdapistd.c jdcoefct.c jdcolor.c jddctmgr.c jdhuff.c jdinput.c jdmainct.c jdmarker.c jdmaster.c
  jdphuff.c jdpostct.c jdsample.c jerror.c jidctint.c jmemmgr.c jmemnobs.c jsimd_none.c jutils.c)
# Two of the kernels that it leaves to others are ours; what its plain file says to the same names gets others.
add_library(jpeg_kernels OBJECT src/core/decode/jpeg_kernels.cpp)
target_include_directories(jpeg_kernels PRIVATE src)
target_include_directories(jpeg_kernels SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/include/jpeg_decoder ${jpeg_source})
target_link_libraries(jpeg_kernels PRIVATE project_warnings)
# A damaged file may ask for sums beyond 32 bits.
target_compile_options(jpeg_kernels PRIVATE -fwrapv)
target_sources(jpeg_decoder PRIVATE $<TARGET_OBJECTS:jpeg_kernels>)
set_property(SOURCE ${jpeg_source}/jsimd_none.c APPEND PROPERTY COMPILE_DEFINITIONS
  jsimd_can_idct_islow=none_can_idct_islow jsimd_idct_islow=none_idct_islow jsimd_can_ycc_rgb=none_can_ycc_rgb jsimd_ycc_rgb_convert=none_ycc_rgb_convert)

foreach(header tif_config.h tiffconf.h)
  configure_file(cmake/image_libraries/${header}.in include/tiff_decoder/${header} @ONLY)
endforeach()
if(NOT EXISTS ${tiff_source}/libtiff/tiffvers.h)  # 4.7 makes it
  file(READ ${tiff_source}/VERSION LIBTIFF_VERSION)
  string(STRIP ${LIBTIFF_VERSION} LIBTIFF_VERSION)
  file(READ ${tiff_source}/RELEASE-DATE LIBTIFF_RELEASE_DATE)
  string(STRIP ${LIBTIFF_RELEASE_DATE} LIBTIFF_RELEASE_DATE)
  string(REPLACE . ";" parts ${LIBTIFF_VERSION})
  list(GET parts 0 LIBTIFF_MAJOR_VERSION)
  list(GET parts 1 LIBTIFF_MINOR_VERSION)
  list(GET parts 2 LIBTIFF_MICRO_VERSION)
  configure_file(${tiff_source}/libtiff/tiffvers.h.cmake.in include/tiff_decoder/tiffvers.h @ONLY)
endif()
add_decoder(tiff_decoder ${tiff_source}/libtiff
  tif_aux.c tif_close.c tif_codec.c tif_compress.c tif_dir.c tif_dirinfo.c tif_dirread.c tif_dumpmode.c tif_error.c
  tif_extension.c tif_hash_set.c tif_jpeg.c tif_lzw.c tif_open.c tif_packbits.c tif_predict.c tif_read.c tif_strip.c
  tif_swab.c tif_tile.c tif_version.c tif_warning.c tif_zip.c)
target_link_libraries(tiff_decoder PUBLIC zlib_decoder jpeg_decoder)
target_compile_options(tiff_decoder PRIVATE $<$<CONFIG:Release>:-Os>)

add_decoder(left_out ${PROJECT_SOURCE_DIR}/cmake/image_libraries left_out.c)
target_link_libraries(left_out PRIVATE tiff_decoder)
# Each names functions of the others.
target_link_libraries(jpeg_decoder INTERFACE left_out)
target_link_libraries(tiff_decoder INTERFACE left_out)
