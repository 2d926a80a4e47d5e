#include "core/error.h"

namespace cytodrop {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kEmptyFile: return "empty_file";
    case ErrorCode::kUnsupportedFormat: return "unsupported_format";
    case ErrorCode::kUnsupportedFeature: return "unsupported_feature";
    case ErrorCode::kNeedsReader: return "needs_reader";
    case ErrorCode::kNeedsCodec: return "needs_codec";
    case ErrorCode::kTruncated: return "truncated";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kUnreadable: return "unreadable_file";
    case ErrorCode::kOutOfMemory: return "out_of_memory";
    case ErrorCode::kInvalidModel: return "invalid_model";
    case ErrorCode::kUnsupportedOperator: return "unsupported_operator";
    case ErrorCode::kModelNotLoaded: return "model_not_loaded";
    case ErrorCode::kDetectorNotLoaded: return "detector_not_loaded";
    case ErrorCode::kFrameNotOpen: return "frame_not_open";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

}  // namespace cytodrop
