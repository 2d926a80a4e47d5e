#include "core/formats/webp.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <webp/decode.h>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/formats/picture_file.h"

namespace cytodrop {
namespace {

[[noreturn]] void broken(const std::string& why) { throw Error(ErrorCode::kCorrupt, "the WebP file is damaged (" + why + ")"); }
[[noreturn]] void cut_off() { throw Error(ErrorCode::kTruncated, "the WebP file is cut off: its end is missing"); }

std::uint32_t le24(Bytes b, std::size_t at) { return le16(b, at) | static_cast<std::uint32_t>(b[at + 2]) << 16; }

struct Chunk {
  std::string_view name;
  Bytes data;
  Bytes whole;  ///< with its header and padding
};

/// The chunk at `at`, which moves behind it.
Chunk take_chunk(Bytes file, std::size_t& at) {
  if (file.size() - at < 8) cut_off();
  const std::size_t length = le32(file, at + 4);
  if (file.size() - at - 8 < length) cut_off();
  const std::size_t padded = std::min(8 + length + length % 2, file.size() - at);
  const Chunk chunk{std::string_view(reinterpret_cast<const char*>(&file[at]), 4), file.subspan(at + 8, length), file.subspan(at, padded)};
  at += padded;
  return chunk;
}

/// The parts of an animation's frame as a picture of its own.
std::vector<std::uint8_t> still_of(Bytes parts, std::uint32_t width, std::uint32_t height) {
  std::vector<std::uint8_t> still{'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'E', 'B', 'P', 'V', 'P', '8', 'X', 10, 0, 0, 0, 0, 0, 0, 0};
  for (const std::uint32_t side : {width, height}) {
    for (const int shift : {0, 8, 16}) still.push_back(static_cast<std::uint8_t>((side - 1) >> shift));
  }
  bool pixels = false;
  for (std::size_t at = 0; parts.size() - at >= 8 && !pixels;) {
    const Chunk chunk = take_chunk(parts, at);
    if (chunk.name == "ALPH") still[20] |= 0x10;
    pixels = chunk.name == "VP8 " || chunk.name == "VP8L";
    if (pixels || chunk.name == "ALPH") {
      still.insert(still.end(), chunk.whole.begin(), chunk.whole.end());
      if (still.size() % 2 != 0) still.push_back(0);
    }
    // Its own header says whether it has alpha.
    if (chunk.name == "VP8L" && chunk.data.size() >= 5 && (chunk.data[4] & 0x10) != 0) still[20] |= 0x10;
  }
  if (!pixels) broken("its first frame has no pixels");
  const auto riff = static_cast<std::uint32_t>(still.size() - 8);
  for (std::size_t i = 0; i < 4; ++i) still[4 + i] = static_cast<std::uint8_t>(riff >> 8 * i);
  return still;
}

class WebpFile final : public PictureFile {
 public:
  explicit WebpFile(const std::shared_ptr<Source>& source) : file_(source->read(0, source->size())) {
    // The sum over all chunks, to which odd ones are padded.
    const std::uint64_t stated = std::uint64_t{le32(file_, 4)} + 8;
    if (stated > file_.size() && stated - file_.size() > 1) cut_off();
    const Bytes file = Bytes(file_).first(std::min<std::size_t>(file_.size(), static_cast<std::size_t>(stated)));
    for (std::size_t at = 12; at < file.size() && file.size() - at >= 8;) take(take_chunk(file, at));
    if (frames_ == 0) broken("it has no pixels");
    WebPBitstreamFeatures features;
    const VP8StatusCode status = WebPGetFeatures(still_.data(), still_.size(), &features);
    if (status == VP8_STATUS_NOT_ENOUGH_DATA) cut_off();
    if (status != VP8_STATUS_OK || features.width < 1 || features.height < 1 || features.has_animation) broken("its header cannot be read");
    picture_ = {left_, top_, features.width, features.height};
    if (width_ == 0) {
      width_ = features.width;
      height_ = features.height;
    }
    if (animated_ && (picture_.left_px > width_ - picture_.width_px || picture_.top_px > height_ - picture_.height_px)) broken("its first frame lies outside of the picture");
    if (!animated_ && (width_ != features.width || height_ != features.height)) broken("its header says another size than its pixels");
    if (orientation_ >= 5) {
      state(height_, width_, 3, 8);
    } else {
      state(width_, height_, 3, 8);
    }
  }

  FileFormat format() const override { return FileFormat::kWebp; }

  void list_tags(TagList& tags) const override {
    if (!exif_.empty()) {
      MemorySource exif(exif_);
      list_directories(exif, false, tags);
    }
    if (!xmp_.empty()) tags.add("WebP", "XMP", clean_text(xmp_), Mark::kText);
    if (frames_ > 1) tags.note("The file is an animation of " + std::to_string(frames_) + " frames, of which only the first is read.");
  }

 protected:
  Image decode_all() override {
    Image frame(picture_.width_px, picture_.height_px, 4, SampleType::kUint8);
    const std::size_t bytes = frame.row_stride_bytes() * static_cast<std::size_t>(frame.height_px());
    auto* to = reinterpret_cast<std::uint8_t*>(frame.data());
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) throw Error(ErrorCode::kInternal, "the decoder of WebP is another than was built");
    config.output.colorspace = MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = {.rgba = to, .stride = static_cast<int>(frame.row_stride_bytes()), .size = bytes};
    const VP8StatusCode status = WebPDecode(still_.data(), still_.size(), &config);
    WebPFreeDecBuffer(&config.output);
    if (status == VP8_STATUS_OUT_OF_MEMORY) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to decode the image");
    if (status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED) cut_off();
    if (status != VP8_STATUS_OK) broken("its pixels cannot be read");
    Image opaque = composite_on_white(std::move(frame));
    if (!animated_) return apply_orientation(std::move(opaque), orientation_);
    Image image(width_, height_, 3, SampleType::kUint8);
    std::memset(image.data(), 0xff, image.row_stride_bytes() * static_cast<std::size_t>(height_));
    for (int y = 0; y < picture_.height_px; ++y) {
      std::memcpy(image.data() + static_cast<std::size_t>(picture_.top_px + y) * image.row_stride_bytes() + 3 * static_cast<std::size_t>(picture_.left_px), opaque.view().row(y),
                  opaque.row_stride_bytes());
    }
    return image;
  }

 private:
  void take(const Chunk& chunk) {
    if (chunk.name == "VP8X") {
      if (chunk.data.size() < 10) broken("its header is too short");
      animated_ = (chunk.data[0] & 2) != 0;
      width_ = static_cast<int>(le24(chunk.data, 4) + 1);
      height_ = static_cast<int>(le24(chunk.data, 7) + 1);
    } else if (chunk.name == "ANMF" && animated_) {
      if (frames_++ > 0) return;
      if (chunk.data.size() < 16) broken("its first frame is too short");
      left_ = static_cast<int>(2 * le24(chunk.data, 0));
      top_ = static_cast<int>(2 * le24(chunk.data, 3));
      still_ = still_of(chunk.data.subspan(16), le24(chunk.data, 6) + 1, le24(chunk.data, 9) + 1);
    } else if ((chunk.name == "VP8 " || chunk.name == "VP8L") && !animated_) {
      if (frames_++ == 0) still_ = file_;
    } else if (chunk.name == "EXIF") {
      exif_ = chunk.data;
      // Some writers put the beginning of a JPEG's segment before it.
      if (exif_.size() >= 6 && std::memcmp(exif_.data(), "Exif\0", 6) == 0) exif_ = exif_.subspan(6);
      if (!animated_) orientation_ = read_exif_orientation(exif_);
    } else if (chunk.name == "XMP ") {
      xmp_ = std::string_view(reinterpret_cast<const char*>(chunk.data.data()), chunk.data.size());
    }
  }

  std::vector<std::uint8_t> file_, still_;  ///< the file, and the picture in it as a file
  Bytes exif_;
  std::string_view xmp_;
  Box picture_;
  int width_ = 0, height_ = 0, left_ = 0, top_ = 0, frames_ = 0, orientation_ = 1;
  bool animated_ = false;
};

}  // namespace

bool is_webp(Source& source) {
  if (!source.has(0, 12)) return false;
  const std::vector<std::uint8_t> start = source.read(0, 12);
  return std::memcmp(start.data(), "RIFF", 4) == 0 && std::memcmp(start.data() + 8, "WEBP", 4) == 0;
}

std::unique_ptr<ImageFile> open_webp(std::shared_ptr<Source> source) { return std::make_unique<WebpFile>(source); }

}  // namespace cytodrop
