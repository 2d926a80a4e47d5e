# Codecs of the readers in src/core/formats, from the distribution's sources as those of image_libraries.cmake, whose functions this
# file uses: library_source() and add_decoder().

# Debian's source package leaves out parts that are not used here, so that its archive has other bytes than the authors' own.
library_source(zstd_source libzstd https://github.com/facebook/zstd/releases/download/v1.5.4/zstd-1.5.4.tar.gz
               0f470992aedad543126d06efab344dc5f3e171893810455787d38347343a4424)
add_decoder(zstd_decoder ${zstd_source}/lib
  common/entropy_common.c common/error_private.c common/fse_decompress.c common/xxhash.c common/zstd_common.c
  decompress/huf_decompress.c decompress/zstd_ddict.c decompress/zstd_decompress.c decompress/zstd_decompress_block.c)
# No assembler, no formats from before version 1.
target_compile_definitions(zstd_decoder PRIVATE ZSTD_DISABLE_ASM=1 ZSTD_LEGACY_SUPPORT=0 XXH_NAMESPACE=ZSTD_)

# jxrlib's authors keep no archives; Debian's is that of their last state. Its core only: the container is read by jpeg_xr.cpp, and its
# streams and memory are ours.
library_source(jxr_source jxrlib https://deb.debian.org/debian/pool/main/j/jxrlib/jxrlib_1.2~git20170615.f752187.orig.tar.xz
               3e3c9d3752b0bbf018ed9ce01b43dcd4be866521dc2370dc9221520b5bd440d4)
# Nobody mends it any more: what made it read or write outside of its tables, or decode one block without an end, is mended by a patch.
find_program(PATCH_PROGRAM patch REQUIRED)
set(jxr_patch ${CMAKE_CURRENT_LIST_DIR}/format_libraries/jxrlib.patch)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${jxr_patch})
set(jxr_mended ${CMAKE_BINARY_DIR}/jxrlib)
file(REMOVE_RECURSE ${jxr_mended})
file(COPY ${jxr_source}/image ${jxr_source}/common DESTINATION ${jxr_mended})
execute_process(COMMAND ${PATCH_PROGRAM} --silent --strip=1 --input=${jxr_patch} WORKING_DIRECTORY ${jxr_mended} COMMAND_ERROR_IS_FATAL ANY)
add_decoder(jxr_decoder ${jxr_mended}/image
  decode/decode.c decode/postprocess.c decode/segdec.c decode/strInvTransform.c decode/strPredQuantDec.c decode/strdec.c
  sys/adapthuff.c sys/image.c sys/strPredQuant.c sys/strTransform.c sys/strcodec.c)
target_include_directories(jxr_decoder SYSTEM PUBLIC ${jxr_mended}/image/sys ${jxr_mended}/common/include)
target_compile_definitions(jxr_decoder PRIVATE __ANSI__ DISABLE_PERF_MEASUREMENT NDEBUG
  malloc=cytodrop_jxr_malloc calloc=cytodrop_jxr_calloc free=cytodrop_jxr_free)
