# Codecs of the readers in src/core/formats, from the distribution's sources as those of image_libraries.cmake, whose functions this
# file uses: library_source() and add_decoder().
set(format_headers ${PROJECT_SOURCE_DIR}/cmake/format_libraries)

library_source(openjpeg_source openjpeg2 https://github.com/uclouvain/openjpeg/archive/v2.5.0.tar.gz
               0333806d6adecc6f7a91243b2b839ff4d2053823634d4f6ed7a59bc87409122a)
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
