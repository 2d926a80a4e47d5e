/* What the libraries name and is left out: the encoders of libjpeg-turbo and zlib, the writing of TIFF, and the decoding of JPEG
   faster but less exactly. Files are opened for reading only, so none of the encoders is ever called. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define JPEG_INTERNALS
#include "jpeglib.h"
#include "jdct.h"
#include "jerror.h"
#include "tiffiop.h"
#include "zlib.h"

GLOBAL(void) jpeg_CreateCompress(j_compress_ptr c, int version, size_t size) { abort(); }
GLOBAL(void) jpeg_set_defaults(j_compress_ptr c) { abort(); }
GLOBAL(void) jpeg_set_colorspace(j_compress_ptr c, J_COLOR_SPACE space) { abort(); }
GLOBAL(void) jpeg_set_quality(j_compress_ptr c, int quality, boolean baseline) { abort(); }
GLOBAL(void) jpeg_suppress_tables(j_compress_ptr c, boolean suppress) { abort(); }
GLOBAL(void) jpeg_start_compress(j_compress_ptr c, boolean all_tables) { abort(); }
GLOBAL(JDIMENSION) jpeg_write_scanlines(j_compress_ptr c, JSAMPARRAY rows, JDIMENSION count) { abort(); }
GLOBAL(JDIMENSION) jpeg_write_raw_data(j_compress_ptr c, JSAMPIMAGE rows, JDIMENSION count) { abort(); }
GLOBAL(void) jpeg_finish_compress(j_compress_ptr c) { abort(); }
GLOBAL(void) jpeg_write_tables(j_compress_ptr c) { abort(); }

int ZEXPORT deflateInit_(z_streamp stream, int level, const char* version, int size) { abort(); }
int ZEXPORT deflate(z_streamp stream, int flush) { abort(); }
int ZEXPORT deflateEnd(z_streamp stream) { abort(); }
int ZEXPORT deflateReset(z_streamp stream) { abort(); }
int ZEXPORT deflateParams(z_streamp stream, int level, int strategy) { abort(); }

int TIFFFlush(TIFF* tiff) { return 1; }
int TIFFFlushData1(TIFF* tiff) { return 1; }
int TIFFSetupStrips(TIFF* tiff) { abort(); }

GLOBAL(void) jinit_1pass_quantizer(j_decompress_ptr info) { ERREXIT(info, JERR_NOT_COMPILED); }
GLOBAL(void) jinit_2pass_quantizer(j_decompress_ptr info) { ERREXIT(info, JERR_NOT_COMPILED); }
GLOBAL(void) jinit_merged_upsampler(j_decompress_ptr info) { ERREXIT(info, JERR_NOT_COMPILED); }

#define LEFT_OUT_DCT(name) \
  GLOBAL(void) name(j_decompress_ptr info, jpeg_component_info* component, JCOEFPTR block, JSAMPARRAY rows, JDIMENSION column) { \
    ERREXIT(info, JERR_NOT_COMPILED); \
  }
LEFT_OUT_DCT(jpeg_idct_ifast)
LEFT_OUT_DCT(jpeg_idct_float)
LEFT_OUT_DCT(jpeg_idct_4x4)
LEFT_OUT_DCT(jpeg_idct_2x2)
LEFT_OUT_DCT(jpeg_idct_1x1)
