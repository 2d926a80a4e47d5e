#include "core/formats/plain_file.h"

#include <cstring>
#include <string>
#include <utility>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/inspect/inspect.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxFileBytes = 512'000'000;

class PlainFile final : public ImageFile {
 public:
  PlainFile(DecodedImage decoded, FileContent content) : decoded_(std::move(decoded)), content_(std::move(content)) {
    Series& one = series_.front();
    one.levels = {{decoded_.image.width_px(), decoded_.image.height_px()}};
    one.samples = decoded_.image.channels();
    one.type = decoded_.image.type();
    one.bits = decoded_.header.bits_per_channel;
    one.x_um = one.y_um = decoded_.pixel_size_um;
    damaged_ = decoded_.damaged;
  }

  FileFormat format() const override { return decoded_.header.format; }
  const std::vector<Series>& series() const override { return series_; }
  void list_tags(TagList& tags) const override {
    for (const Tag& tag : content_.tags) tags.add(tag.group, tag.name, tag.value, tag.mark);
    for (const std::string& note : content_.notes) tags.note(note);
  }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    const ImageView part = decoded_.image.view().crop(*choice.region);
    for (int y = 0; y < part.height_px; ++y) std::memcpy(image.data() + static_cast<std::size_t>(y) * image.row_stride_bytes(), part.row(y), image.row_stride_bytes());
  }

 private:
  DecodedImage decoded_;
  FileContent content_;
  std::vector<Series> series_{1};
};

}  // namespace

std::unique_ptr<ImageFile> open_plain(Source& source) {
  if (source.size() > kMaxFileBytes) return nullptr;
  const std::vector<std::uint8_t> bytes = source.read(0, source.size(), kMaxFileBytes);
  try {
    return std::make_unique<PlainFile>(decode(bytes), inspect(bytes));
  } catch (const Error& error) {
    // Its first bytes promise a format whose reader did not know it.
    if (error.code() != ErrorCode::kNeedsReader) throw;
    throw Error(ErrorCode::kCorrupt, std::string(error.what()) + ", but what follows is none");
  }
}

}  // namespace cytodrop
