// libtiff over a source of bytes, and the chain of directories that it is pointed at.

#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <tiffio.h>

#include "core/decode/source.h"
#include "core/decode/tiff.h"
#include "core/decode/tiff_memory.h"
#include "core/error.h"

namespace cytodrop {

constexpr std::size_t kMaxLibraryBytes = 256'000'000;

[[noreturn]] void tiff_truncated();
[[noreturn]] void tiff_corrupt(const std::string& what);
[[noreturn]] void tiff_unsupported(const std::string& what);

struct TiffDirectory {
  std::uint64_t offset = 0;
  std::uint32_t subfile = 0;  ///< FILETYPE_REDUCEDIMAGE and so on
  std::int64_t width_px = 0;  ///< as the tags say; 0: they do not
  std::int64_t height_px = 0;
  bool tiled = false;
  bool further = false;  ///< with tags of what core/formats reads: SubIFDs, NDPI, LSM, MetaMorph

  /// A thumbnail or a mask.
  bool auxiliary() const { return (subfile & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0; }
};

struct TiffDirectories {
  std::vector<TiffDirectory> all;
  bool circular = false;
};

/// Walks the chain of directories. libtiff would walk it again for every page.
///
/// Raises: kTruncated, kCorrupt.
TiffDirectories walk_directories(Source& file);

/// An open file, which stays the caller's. Bytes in memory are read where they lie; messages of libtiff are kept, never printed.
class TiffLibrary {
 public:
  explicit TiffLibrary(Source& file) : file_(file) {
    tiff_memory() = {.left_bytes = kMaxLibraryBytes};
    std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(), &TIFFOpenOptionsFree);
    if (!options) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to read the TIFF file");
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxLibraryBytes);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, this);
    // h: no directory yet. c: strips as they are.
    tiff_ = TIFFClientOpenExt("TIFF", "rhc", this, read, write, seek, close, size, map, unmap, options.get());
    if (!tiff_) fail();
  }
  ~TiffLibrary() {
    if (tiff_) TIFFClose(tiff_);
  }
  TiffLibrary(const TiffLibrary&) = delete;
  TiffLibrary& operator=(const TiffLibrary&) = delete;

  TIFF* get() { return tiff_; }

  void read_directory(std::uint64_t offset) {
    if (!TIFFSetSubDirectory(tiff_, offset)) {
      // Where size_t has 32 bits, libtiff stumbles over huge images by itself.
      std::uint32_t width = 0, height = 0;
      if (TIFFGetField(tiff_, TIFFTAG_IMAGEWIDTH, &width) && TIFFGetField(tiff_, TIFFTAG_IMAGELENGTH, &height)) check_decoded_size(width, height, 1);
      fail();
    }
    // What was odd about the tags says nothing of the pixels.
    complained_ = false;
    message_.clear();
  }

  /// The decoder warned or erred since the directory was read.
  bool complained() const { return complained_; }

  /// Names what went wrong in the last call.
  [[noreturn]] void fail() {
    if (unreadable_) throw Error(ErrorCode::kUnreadable, "the file cannot be read any more; check that it is still there and has not changed");
    if (tiff_memory().exhausted) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to read the TIFF file");
    if (tiff_memory().exceeded) throw Error(ErrorCode::kTooLarge, "the TIFF file asks for far more memory than its image needs");
    if (tiff_ && data_beyond_end()) tiff_truncated();
    tiff_corrupt(message_.empty() ? "libtiff cannot read it" : message_);
  }

 private:
  bool data_beyond_end() {
    std::uint32_t width = 0;
    if (!TIFFGetField(tiff_, TIFFTAG_IMAGEWIDTH, &width)) return false;
    const std::uint32_t count = std::min<std::uint32_t>(TIFFIsTiled(tiff_) ? TIFFNumberOfTiles(tiff_) : TIFFNumberOfStrips(tiff_), 1'000'000);
    for (std::uint32_t i = 0; i < count; ++i) {
      int error = 0;
      const std::uint64_t offset = TIFFGetStrileOffsetWithErr(tiff_, i, &error);
      if (error) return false;
      const std::uint64_t bytes = TIFFGetStrileByteCountWithErr(tiff_, i, &error);
      if (error) return false;
      if (offset > file_.size() || bytes > file_.size() - offset) return true;
    }
    return false;
  }

  static TiffLibrary& self(thandle_t handle) { return *static_cast<TiffLibrary*>(handle); }

  static tmsize_t read(thandle_t handle, void* to, tmsize_t count) {
    TiffLibrary& library = self(handle);
    const std::uint64_t size = library.file_.size(), at = std::min(library.at_, size);
    const std::uint64_t step = std::min<std::uint64_t>(static_cast<std::uint64_t>(std::max<tmsize_t>(count, 0)), size - at);
    try {
      library.file_.read(at, {static_cast<std::uint8_t*>(to), static_cast<std::size_t>(step)});
    } catch (const Error&) {  // no exception passes through libtiff, which would lose its memory
      library.unreadable_ = true;
      return 0;
    }
    library.at_ = at + step;
    return static_cast<tmsize_t>(step);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return 0; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    TiffLibrary& library = self(handle);
    const toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? library.at_ : library.file_.size();
    library.at_ = base + offset;
    return library.at_;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return self(handle).file_.size(); }
  static int map(thandle_t handle, void** base, toff_t* size) {
    const Bytes bytes = self(handle).file_.in_memory();
    if (bytes.empty()) return 0;
    // Opened for reading only: libtiff does not write there.
    *base = const_cast<std::uint8_t*>(bytes.data());
    *size = bytes.size();
    return 1;
  }
  static void unmap(thandle_t, void*, toff_t) {}

  static int on_error(TIFF*, void* handle, const char*, const char* format, std::va_list arguments) {
    self(handle).note(format, arguments);
    return 1;
  }
  static int on_warning(TIFF*, void* handle, const char*, const char* format, std::va_list) {
    // Of LZW as it was written before 1990: read without loss.
    if (!std::strstr(format, "Old-style LZW")) self(handle).complained_ = true;
    return 1;
  }

  /// Keeps the first message, which names the cause.
  void note(const char* format, std::va_list arguments) {
    complained_ = true;
    if (!message_.empty()) return;
    char text[200];
    std::vsnprintf(text, sizeof text, format, arguments);
    message_ = text;
    for (char& c : message_) {
      if (c < ' ' || c > '~') c = '?';
    }
  }

  Source& file_;
  std::uint64_t at_ = 0;
  TIFF* tiff_ = nullptr;
  bool complained_ = false;
  bool unreadable_ = false;
  std::string message_;
};

}  // namespace cytodrop
