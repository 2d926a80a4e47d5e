# Codecs of the readers in src/core/formats, from the distribution's sources as those of image_libraries.cmake, whose functions this
# file uses: library_source() and add_decoder().

# Debian's archive, whose sum its signed index states: it leaves out parts that are not used here, so that it has other bytes than the
# authors' own, of which no sum is at hand that was compared with a download.
library_source(zstd_source libzstd https://deb.debian.org/debian/pool/main/libz/libzstd/libzstd_1.5.4+dfsg2.orig.tar.xz
               8cf4bbb65e77ec348d052c8d6230eba66d435bddf64c8b5be2fcb16880c19953)
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
# Once for each state of the patch: new files would be compiled anew whenever CMake runs.
file(SHA256 ${jxr_patch} jxr_wanted)
set(jxr_have "")
if(EXISTS ${jxr_mended}/.patched)
  file(READ ${jxr_mended}/.patched jxr_have)
endif()
if(NOT jxr_have STREQUAL jxr_wanted)
  file(REMOVE_RECURSE ${jxr_mended})
  file(COPY ${jxr_source}/image ${jxr_source}/common DESTINATION ${jxr_mended})
  execute_process(COMMAND ${PATCH_PROGRAM} --silent --strip=1 --input=${jxr_patch} WORKING_DIRECTORY ${jxr_mended} COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${jxr_mended}/.patched ${jxr_wanted})
endif()
add_decoder(jxr_decoder ${jxr_mended}/image
  decode/decode.c decode/postprocess.c decode/segdec.c decode/strInvTransform.c decode/strPredQuantDec.c decode/strdec.c
  sys/adapthuff.c sys/image.c sys/strPredQuant.c sys/strTransform.c sys/strcodec.c)
target_include_directories(jxr_decoder SYSTEM PUBLIC ${jxr_mended}/image/sys ${jxr_mended}/common/include)
target_compile_definitions(jxr_decoder PRIVATE __ANSI__ DISABLE_PERF_MEASUREMENT NDEBUG
  malloc=cytodrop_jxr_malloc calloc=cytodrop_jxr_calloc free=cytodrop_jxr_free)

set(format_headers ${PROJECT_SOURCE_DIR}/cmake/format_libraries)

# Debian's archive too: the authors' own is compressed otherwise.
library_source(openjpeg_source openjpeg2 https://deb.debian.org/debian/pool/main/o/openjpeg2/openjpeg2_2.5.0.orig.tar.xz
               007e19d772c8b6b22e35379630b06ff3549e49ba719d96453607a36ad7b4de73)
foreach(header opj_config.h opj_config_private.h)
  configure_file(${format_headers}/${header} include/jpeg2000_decoder/${header} COPYONLY)
endforeach()
# Its encoder stands in the same files; what nothing calls is left out when the program is linked.
add_decoder(jpeg2000_decoder ${openjpeg_source}/src/lib/openjp2
  bio.c cio.c dwt.c event.c function_list.c ht_dec.c image.c invert.c j2k.c jp2.c mct.c mqc.c openjpeg.c opj_clock.c opj_malloc.c
  pi.c sparse_array.c t1.c t2.c tcd.c tgt.c thread.c)
target_compile_definitions(jpeg2000_decoder PUBLIC OPJ_STATIC)
target_compile_options(jpeg2000_decoder PRIVATE -ffunction-sections -fdata-sections)

library_source(webp_source libwebp https://storage.googleapis.com/downloads.webmproject.org/releases/webp/libwebp-1.2.4.tar.gz
               7bf5a8a28cc69bcfa8cb214f2c3095703c6b73ac5fba4d5480c205331d9494df)
set(webp_files
  src/dec/alpha_dec.c src/dec/buffer_dec.c src/dec/frame_dec.c src/dec/idec_dec.c src/dec/io_dec.c src/dec/quant_dec.c src/dec/tree_dec.c
  src/dec/vp8_dec.c src/dec/vp8l_dec.c src/dec/webp_dec.c
  src/dsp/alpha_processing.c src/dsp/cpu.c src/dsp/dec.c src/dsp/dec_clip_tables.c src/dsp/filters.c src/dsp/lossless.c
  src/dsp/rescaler.c src/dsp/upsampling.c src/dsp/yuv.c
  src/utils/bit_reader_utils.c src/utils/color_cache_utils.c src/utils/filters_utils.c src/utils/huffman_utils.c
  src/utils/quant_levels_dec_utils.c src/utils/random_utils.c src/utils/rescaler_utils.c src/utils/thread_utils.c src/utils/utils.c)
# 1.4 and newer keep what was one file in two.
if(EXISTS ${webp_source}/src/utils/palette.c)
  list(APPEND webp_files src/utils/palette.c)
endif()
add_decoder(webp_decoder ${webp_source} ${webp_files})
target_include_directories(webp_decoder SYSTEM PUBLIC ${webp_source}/src)
# A config.h without a word in it: no instructions of one processor only, so the same code runs natively and as WebAssembly.
configure_file(${format_headers}/webp_config.h include/webp_decoder/src/webp/config.h COPYONLY)
target_compile_definitions(webp_decoder PRIVATE HAVE_CONFIG_H)

library_source(xz_source xz-utils https://github.com/tukaani-project/xz/releases/download/v5.4.1/xz-5.4.1.tar.xz
               5d9827aa1875b21c288f78864bb26d2650b436ea8d2cad364e4921eb6266a5a5)
add_decoder(lzma_decoder ${xz_source}/src/liblzma
  check/check.c check/crc32_small.c check/crc64_small.c check/sha256.c
  common/block_decoder.c common/block_header_decoder.c common/block_util.c common/common.c common/filter_common.c common/filter_decoder.c
  common/filter_flags_decoder.c common/index_hash.c common/stream_decoder.c common/stream_flags_common.c common/stream_flags_decoder.c
  common/vli_decoder.c common/vli_size.c
  delta/delta_common.c delta/delta_decoder.c lz/lz_decoder.c lzma/lzma2_decoder.c lzma/lzma_decoder.c lzma/lzma_encoder_presets.c)
target_include_directories(lzma_decoder SYSTEM PRIVATE
  ${xz_source}/src/liblzma/check ${xz_source}/src/liblzma/common ${xz_source}/src/liblzma/delta ${xz_source}/src/liblzma/lz
  ${xz_source}/src/liblzma/lzma ${xz_source}/src/liblzma/rangecoder ${xz_source}/src/liblzma/simple ${xz_source}/src/common)
target_include_directories(lzma_decoder SYSTEM PUBLIC ${xz_source}/src/liblzma/api)
target_compile_definitions(lzma_decoder PUBLIC LZMA_API_STATIC PRIVATE
  HAVE_STDBOOL_H HAVE_STDINT_H HAVE_INTTYPES_H HAVE_STRING_H HAVE_LIMITS_H HAVE_VISIBILITY=0 HAVE_SMALL HAVE_CHECK_CRC32 HAVE_CHECK_CRC64 HAVE_CHECK_SHA256
  HAVE_DECODERS HAVE_DECODER_LZMA1 HAVE_DECODER_LZMA2 HAVE_DECODER_DELTA SIZEOF_SIZE_T=${CMAKE_SIZEOF_VOID_P} ASSUME_RAM=128)

# Debian's archive is the authors' own of 4.0.0 without files of other programs.
library_source(lerc_source lerc https://deb.debian.org/debian/pool/main/l/lerc/lerc_4.0.0+ds.orig.tar.xz
               acf855502fd3b950ee78f0b67bc9e9b39316b3526fbf6d8b8b1a9482fb756723)
# Its encoder stands in the same files.
file(GLOB lerc_files RELATIVE ${lerc_source}/src/LercLib ${lerc_source}/src/LercLib/*.cpp ${lerc_source}/src/LercLib/Lerc1Decode/*.cpp)
add_decoder(lerc_decoder ${lerc_source}/src/LercLib ${lerc_files})
target_include_directories(lerc_decoder SYSTEM PUBLIC ${lerc_source}/src/LercLib/include)
target_compile_definitions(lerc_decoder PUBLIC LERC_STATIC)
target_compile_options(lerc_decoder PRIVATE -ffunction-sections -fdata-sections)

# libtiff's codecs which the core's module goes without; src/core/formats/tiff_codecs.cpp registers them.
add_decoder(tiff_codecs ${tiff_source}/libtiff tif_lerc.c tif_lzma.c tif_webp.c tif_zstd.c)
target_compile_definitions(tiff_codecs PRIVATE LERC_SUPPORT=1 LZMA_SUPPORT=1 WEBP_SUPPORT=1 ZSTD_SUPPORT=1)
# LERC's encoder stands in one file with its decoder, and would make the browser's module a quarter larger.
foreach(encoder lerc_computeCompressedSize lerc_encodeForVersion)
  target_compile_definitions(tiff_codecs PRIVATE ${encoder}=left_out_${encoder})
endforeach()
# Its headers are looked at before it is asked.
target_sources(tiff_codecs PRIVATE src/core/formats/lerc_header.cpp)
target_include_directories(tiff_codecs PRIVATE src)
set_property(SOURCE ${tiff_source}/libtiff/tif_lerc.c APPEND PROPERTY COMPILE_DEFINITIONS lerc_getBlobInfo=cytodrop_lerc_blob_info)
target_link_libraries(tiff_codecs PUBLIC tiff_decoder zstd_decoder webp_decoder lzma_decoder lerc_decoder)
add_decoder(left_out_codecs ${PROJECT_SOURCE_DIR}/cmake/format_libraries left_out.c)
target_link_libraries(left_out_codecs PRIVATE zstd_decoder webp_decoder lzma_decoder lerc_decoder)
target_link_libraries(tiff_codecs INTERFACE left_out_codecs)
