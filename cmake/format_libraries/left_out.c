/* What libtiff's codecs name and is left out: the encoders of Zstandard, WebP, LZMA and LERC. Files are opened for reading only, so none is ever called. */
#include <stdlib.h>

#include <Lerc_c_api.h>
#include <lzma.h>
#include <zstd.h>

#include <webp/encode.h>

ZSTD_CStream* ZSTD_createCStream(void) { abort(); }
size_t ZSTD_freeCStream(ZSTD_CStream* stream) { abort(); }
size_t ZSTD_initCStream(ZSTD_CStream* stream, int level) { abort(); }
size_t ZSTD_compressStream(ZSTD_CStream* stream, ZSTD_outBuffer* output, ZSTD_inBuffer* input) { abort(); }
size_t ZSTD_endStream(ZSTD_CStream* stream, ZSTD_outBuffer* output) { abort(); }
size_t ZSTD_compress(void* to, size_t capacity, const void* from, size_t size, int level) { abort(); }
size_t ZSTD_compressBound(size_t size) { return ZSTD_COMPRESSBOUND(size); }
int ZSTD_maxCLevel(void) { return 1; }

int WebPConfigInitInternal(WebPConfig* config, WebPPreset preset, float quality, int version) { abort(); }
int WebPPictureInitInternal(WebPPicture* picture, int version) { abort(); }
int WebPPictureImportRGB(WebPPicture* picture, const uint8_t* rgb, int stride) { abort(); }
int WebPPictureImportRGBA(WebPPicture* picture, const uint8_t* rgba, int stride) { abort(); }
int WebPEncode(const WebPConfig* config, WebPPicture* picture) { abort(); }
int WebPValidateConfig(const WebPConfig* config) { abort(); }
void WebPPictureFree(WebPPicture* picture) {}

lzma_ret lzma_stream_encoder(lzma_stream* stream, const lzma_filter* filters, lzma_check check) { abort(); }

lerc_status left_out_lerc_computeCompressedSize(const void* data, unsigned int type, int depth, int columns, int rows, int bands, int masks, const unsigned char* valid, double most,
                                                unsigned int* bytes) {
  abort();
}
lerc_status left_out_lerc_encodeForVersion(const void* data, int version, unsigned int type, int depth, int columns, int rows, int bands, int masks, const unsigned char* valid, double most,
                                           unsigned char* to, unsigned int size, unsigned int* written) {
  abort();
}
