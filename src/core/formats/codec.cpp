#include "core/formats/codec.h"

#include <string>

#include "core/error.h"

namespace cytodrop {

void codec_damaged(const char* why) { throw Error(ErrorCode::kCorrupt, "the image data is damaged (" + std::string(why) + ")"); }

}  // namespace cytodrop
