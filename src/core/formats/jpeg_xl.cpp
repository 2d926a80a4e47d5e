#include "core/formats/jpeg_xl.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/formats/jpeg_xl_codec.h"
#include "core/formats/picture_file.h"

namespace cytodrop {
namespace {

constexpr std::string_view kContainer{"\0\0\0\x0cJXL \r\n\x87\n", 12};

class JpegXlFile final : public PictureFile {
 public:
  explicit JpegXlFile(Source& source) : file_(source.read(0, source.size())), header_(read_jpeg_xl_header(file_)) {
    state(header_.width_px, header_.height_px, header_.samples > 2 ? 3 : 1, header_.bits);
  }

  FileFormat format() const override { return FileFormat::kJpegXl; }

  void list_tags(TagList& tags) const override {
    if (std::memcmp(file_.data(), kContainer.data(), std::min(kContainer.size(), file_.size())) == 0) list_boxes(tags);
    if (header_.animated) tags.note("The file is an animation, of which only the first frame is read.");
  }

 protected:
  Image decode_all() override {
    const CodecSamples samples = decode_jpeg_xl(file_, {.width_px = static_cast<int>(header_.width_px), .height_px = static_cast<int>(header_.height_px), .samples = header_.samples});
    Image image(static_cast<int>(header_.width_px), static_cast<int>(header_.height_px), header_.samples, header_.bits > 8 ? SampleType::kUint16 : SampleType::kUint8);
    std::memcpy(image.data(), samples.bytes.data(), samples.bytes.size());
    if (header_.bits < 8) raise<std::uint8_t>(image, header_.bits);
    if (header_.bits > 8 && header_.bits < 16) raise<std::uint16_t>(image, header_.bits);
    return composite_on_white(std::move(image));
  }

 private:
  /// To the full scale of the type, as other pictures are.
  template <typename Sample>
  static void raise(Image& image, int bits) {
    const std::uint32_t full = std::numeric_limits<Sample>::max(), most = (1u << bits) - 1;
    auto* samples = reinterpret_cast<Sample*>(image.data());
    const std::size_t count = static_cast<std::size_t>(image.width_px()) * static_cast<std::size_t>(image.height_px()) * static_cast<std::size_t>(image.channels());
    for (std::size_t i = 0; i < count; ++i) samples[i] = static_cast<Sample>((samples[i] * full + most / 2) / most);
  }

  /// What stands beside the codestream.
  void list_boxes(TagList& tags) const {
    const Bytes file(file_);
    for (std::size_t at = kContainer.size(); file.size() - at >= 8;) {
      std::uint64_t length = be32(file, at);
      std::size_t head = 8;
      if (length == 1 && file.size() - at >= 16) {
        length = std::uint64_t{be32(file, at + 8)} << 32 | be32(file, at + 12);
        head = 16;
      }
      if (length == 0) length = file.size() - at;
      if (length < head || length > file.size() - at) return;
      const std::string_view name(reinterpret_cast<const char*>(&file[at + 4]), 4);
      const Bytes data = file.subspan(at + head, static_cast<std::size_t>(length) - head);
      at += static_cast<std::size_t>(length);
      if (name == "Exif" && data.size() > 4 && be32(data, 0) < data.size() - 4) {
        MemorySource exif(data.subspan(4 + be32(data, 0)));
        list_directories(exif, false, tags);
      } else if (name == "xml ") {
        tags.add("JPEG XL", "XMP", clean_text(std::string_view(reinterpret_cast<const char*>(data.data()), data.size())), Mark::kText);
      } else if (name == "brob" && data.size() >= 4) {
        tags.add("JPEG XL", clean_text(std::string_view(reinterpret_cast<const char*>(data.data()), 4)), std::to_string(data.size() - 4) + " bytes compressed with Brotli, not read", Mark::kText);
      }
    }
  }

  std::vector<std::uint8_t> file_;
  JpegXlHeader header_;
};

}  // namespace

bool is_jpeg_xl(Source& source) {
  if (!source.has(0, kContainer.size())) return false;
  const std::vector<std::uint8_t> start = source.read(0, kContainer.size());
  return (start[0] == 0xff && start[1] == 0x0a) || std::memcmp(start.data(), kContainer.data(), kContainer.size()) == 0;
}

std::unique_ptr<ImageFile> open_jpeg_xl(std::shared_ptr<Source> source) { return std::make_unique<JpegXlFile>(*source); }

}  // namespace cytodrop
