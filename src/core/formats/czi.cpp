#include "core/formats/czi.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/decode/decode.h"
#include "core/formats/czi_metadata.h"
#include "core/formats/czi_pixels.h"
#include "core/formats/czi_scenes.h"

namespace cytodrop {
namespace {

/// Of all blocks that one region touches: more than any overlap of tiles needs, so that a small file cannot ask for endless work.
constexpr std::int64_t kMaxTouchedPixels = 2 * kMaxPixels;

class CziFile final : public ImageFile {
 public:
  explicit CziFile(std::shared_ptr<Source> source) : source_(std::move(source)) {
    CziDirectory directory = read_czi_directory(*source_);
    scenes_ = sort_czi_blocks(std::move(directory.blocks), notes_);
    xml_ = std::move(directory.xml);
    xml_bytes_ = directory.xml_bytes;
    attachments_ = std::move(directory.attachments);
    if (directory.attachments_damaged) notes_.push_back("The list of attachments is damaged.");
    const CziMetadata metadata = read_czi_metadata(xml_);
    for (const CziScene& scene : scenes_) series_.push_back(series_of(scene, metadata));
  }

  FileFormat format() const override { return FileFormat::kCzi; }
  const std::vector<Series>& series() const override { return series_; }

  void list_tags(TagList& tags) const override {
    list_czi_metadata(xml_, tags);
    if (xml_bytes_ > 0) tags.add("CZI", "Metadata", std::to_string(xml_bytes_) + " bytes, of which the main fields are listed", Mark::kText);
    for (const CziAttachment& attachment : attachments_) list_attachment(attachment, tags);
    for (const std::string& note : notes_) tags.note(note);
    tags.note("Each block of pixels may have metadata of its own, such as its time and its place on the stage; they are not listed.");
  }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    const CziScene& scene = scenes_[static_cast<std::size_t>(choice.series)];
    const Box& region = *choice.region;
    const auto at = [](const std::vector<std::int32_t>& indices, int i) { return indices[static_cast<std::size_t>(i)]; };
    const auto plane = scene.plane(choice.level, at(scene.c, choice.channel), at(scene.z, choice.z), at(scene.t, choice.t));
    struct Place {
      const CziBlock* block;
      std::int64_t left_px, top_px;
    };
    std::vector<Place> touched;
    std::int64_t pixels = 0;
    for (const CziBlock& block : plane) {
      const Place place{&block, scene.left_of(block) - region.left_px, scene.top_of(block) - region.top_px};
      if (place.left_px >= region.width_px || place.top_px >= region.height_px || place.left_px + block.stored_width_px <= 0 || place.top_px + block.stored_height_px <= 0) continue;
      touched.push_back(place);
      pixels += std::int64_t{block.stored_width_px} * block.stored_height_px;
      if (pixels > kMaxTouchedPixels) throw Error(ErrorCode::kTooLarge, "the CZI file has far more pixels in one place than the place has");
    }
    for (const Place& place : touched) paint_czi_block(*source_, *place.block, place.left_px, place.top_px, image, damaged_);
  }

 private:
  Series series_of(const CziScene& scene, const CziMetadata& metadata) const {
    Series series;
    if (const auto name = metadata.scenes.find(scene.number); name != metadata.scenes.end()) series.name = name->second;
    else if (scene.number >= 0 && scenes_.size() > 1) series.name = "Scene " + std::to_string(scene.number + 1);
    series.levels = scene.levels;
    series.samples = scene.samples;
    series.type = scene.type;
    series.bits = static_cast<int>(8 * sample_bytes(scene.type));
    series.z = static_cast<int>(scene.z.size());
    series.t = static_cast<int>(scene.t.size());
    series.channels.clear();
    int stated_bits = 0;
    for (const std::int32_t c : scene.c) {
      const auto index = static_cast<std::size_t>(c);
      const bool known = c >= 0 && index < metadata.channels.size();
      series.channels.push_back(known ? metadata.channels[index] : Channel{});
      if (known) stated_bits = std::max(stated_bits, metadata.bits[index]);
    }
    // A state of a type's own is no news, and one above it nonsense.
    if (scene.type == SampleType::kUint16 && stated_bits > 8 && stated_bits < 16) series.bits = stated_bits;
    series.x_um = metadata.x_um * scene.zooms.front();
    series.y_um = metadata.y_um * scene.zooms.front();
    series.z_um = metadata.z_um;
    return series;
  }

  static void list_attachment(const CziAttachment& attachment, TagList& tags) {
    const std::string name = "Attachment " + attachment.name;
    const bool is_picture = attachment.type == "JPG" || attachment.type == "CZI" || attachment.type == "PNG" || attachment.type == "BMP" || attachment.type == "TIF";
    if (is_picture) {
      tags.add("CZI", name, "a small picture of " + unread_bytes(attachment.bytes) + "; it may show more than the image", Mark::kText);
    } else {
      tags.add("CZI", name, unread_bytes(attachment.bytes), attachment.type == "CZTIMS" ? Mark::kTime : Mark::kText);
    }
  }

  std::shared_ptr<Source> source_;
  std::vector<CziScene> scenes_;
  std::vector<Series> series_;
  std::string xml_;
  std::uint64_t xml_bytes_ = 0;
  std::vector<CziAttachment> attachments_;
  std::vector<std::string> notes_;
};

}  // namespace

std::unique_ptr<ImageFile> open_czi(std::shared_ptr<Source> source) { return std::make_unique<CziFile>(std::move(source)); }

}  // namespace cytodrop
