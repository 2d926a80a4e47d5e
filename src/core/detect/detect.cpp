#include "core/detect/detect.h"

namespace cytodrop {

std::vector<DetectedCell> detect(const ImageView&, const DetectSettings&) { return {}; }

}  // namespace cytodrop
