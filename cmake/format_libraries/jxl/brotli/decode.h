/* libjxl asks Brotli for metadata and for the bytes of a JPEG that a file was made from; pixels never take it. Neither is asked for here,
   so that its place is taken by what refuses. */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct BrotliDecoderState BrotliDecoderState;
typedef enum {
  BROTLI_DECODER_RESULT_ERROR, BROTLI_DECODER_RESULT_SUCCESS, BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT, BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT
} BrotliDecoderResult;

static inline BrotliDecoderState* BrotliDecoderCreateInstance(void* allocate, void* release, void* context) { return NULL; }
static inline void BrotliDecoderDestroyInstance(BrotliDecoderState* state) {}
static inline BrotliDecoderResult BrotliDecoderDecompressStream(BrotliDecoderState* state, size_t* in_left, const uint8_t** in, size_t* out_left, uint8_t** out, size_t* total) {
  return BROTLI_DECODER_RESULT_ERROR;
}
