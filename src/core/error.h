#pragma once
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace cytodrop {

/// Everything that can go wrong, one code for each thing a caller might treat differently.
enum class ErrorCode {
  kInvalidArgument,     ///< the caller passed something of the wrong type, length or range
  kEmptyFile,           ///< the file has no bytes
  kUnsupportedFormat,   ///< not an image, or a format that is not read
  kUnsupportedFeature,  ///< a known format in a variant that is not read, CMYK for example
  kNeedsReader,         ///< a format, or a variant of one, that not the core but its further readers read
  kNeedsCodec,          ///< a codec in a module of its own, which the message names, has to be loaded first
  kTruncated,           ///< the file ends before its content does
  kCorrupt,             ///< the file contradicts its own format
  kTooLarge,            ///< over a stated limit
  kUnreadable,          ///< the file is gone, or has changed while it was read
  kOutOfMemory,         ///< a limit of this machine, not of ours
  kInvalidModel,        ///< spec or head do not fit the contract or each other
  kUnsupportedOperator,  ///< a network with an operator that our engine does not run; another engine may
  kModelNotLoaded,      ///< a model is needed first
  kDetectorNotLoaded,   ///< the network that finds cells is needed first
  kFrameNotOpen,        ///< a frame has to be opened first, or again
  kInternal,            ///< a defect of ours
};

/// The code as it crosses the border and stands in exports.
std::string_view to_string(ErrorCode code);

/// The only exception that the core throws on purpose.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const noexcept { return code_; }
  /// One plain sentence without the file's name, in English, safe to show.
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorCode code_;
  std::string message_;
};

}  // namespace cytodrop
