/* libtiff's codecs name the encoders of libjpeg-turbo and zlib; files are opened for reading only, so none is ever called. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "jpeglib.h"
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
