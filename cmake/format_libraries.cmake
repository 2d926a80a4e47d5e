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
