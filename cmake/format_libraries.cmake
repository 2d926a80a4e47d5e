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
