#include "core/formats/jpeg_xr.h"

#include "core/error.h"

namespace cytodrop {

std::vector<std::uint8_t> decode_jpeg_xr(Bytes, const JpegXrShape&, bool&) { throw Error(ErrorCode::kUnsupportedFeature, "JPEG XR is not read"); }

}  // namespace cytodrop
