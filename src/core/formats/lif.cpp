#include "core/formats/lif.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/formats/lif_metadata.h"

namespace cytodrop {
namespace {

constexpr std::uint32_t kPart = 0x70;
constexpr std::uint8_t kItem = 0x2a;
constexpr std::uint64_t kMaxXmlBytes = 256'000'000, kMaxIdUnits = 4'000, kMaxBlockBytes = std::uint64_t{1} << 58;
constexpr std::size_t kMaxBlocks = 1'000'000;
constexpr std::size_t kMaxSeries = 100'000;
/// Of the tiles of one region: where they lie over each other, a small file could ask for any amount of work.
constexpr std::int64_t kMostPastedPixels = 4 * kMaxPixels;

struct Block {
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;
};

Error corrupt(const std::string& how) { return Error(ErrorCode::kCorrupt, "the LIF file is damaged (" + how + ")"); }

/// Where the text begins that a part of the file starts with: behind 0x70, the bytes of the part, 0x2a and the text's own length.
constexpr std::uint64_t kTextAt = 13;

class LifFile final : public ImageFile {
 public:
  explicit LifFile(std::shared_ptr<Source> source) : source_(std::move(source)), numbers_(*source_, true) {
    const std::uint64_t units = numbers_.u32(9);
    {
      const std::vector<std::uint8_t> text = source_->read(kTextAt, 2 * units, kMaxXmlBytes);
      std::string plain = utf8_of_utf16(text, true);
      if (plain.starts_with("LMS_Object_File")) throw other("LOF, of one image,");
      if (plain.starts_with("<LMSDataContainerEnhancedHeader")) throw other("LIFEXT, of what was computed from images,");
      const XmlElements xml(std::move(plain), "the LIF file");
      content_ = read_lif_content(xml);
    }
    if (content_.version == 0) throw Error(ErrorCode::kUnsupportedFeature, "the LIF file is of a version that is not read; 1 and 2 are");
    read_blocks(kTextAt + 2 * units);
    for (std::size_t i = 0; i < content_.images.size(); ++i) {
      const std::int64_t tiles = count_of(content_.images[i].axes.tiles);
      if (tiles > static_cast<std::int64_t>(kMaxSeries - series_.size())) throw Error(ErrorCode::kTooLarge, "the LIF file has more images and tiles than are read");
      if (join(i)) continue;
      if (tiles > 1) has_tiles_ = true;
      for (std::int64_t tile = 0; tile < tiles; ++tile) {
        series_.push_back(content_.images[i].series);
        if (tiles > 1) series_.back().name += " tile " + std::to_string(tile + 1);
        image_of_.push_back({i, tile});
      }
    }
    if (series_.empty() && !content_.problem.empty()) throw Error(ErrorCode::kUnsupportedFeature, "the image of the LIF file is not read: " + content_.problem);
    if (series_.empty()) throw Error(ErrorCode::kUnsupportedFeature, "the LIF file holds no image");
  }

  static Error other(const std::string& what) {
    return Error(ErrorCode::kUnsupportedFeature, "the file is Leica's " + what + " which is not read; export it from LAS X as LIF or TIFF");
  }

  FileFormat format() const override { return FileFormat::kLif; }
  const std::vector<Series>& series() const override { return series_; }

  void list_tags(TagList& tags) const override {
    for (const Tag& tag : content_.tags) tags.add(tag.group, tag.name, tag.value, tag.mark);
    for (const std::string& note : content_.notes) tags.note(note);
    if (is_joined_) tags.note("The tiles of a mosaic are joined by where the stage was; where they lie over each other the later one is seen.");
    if (has_tiles_) tags.note("The tiles of a mosaic are images of their own; they are not joined.");
  }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    const auto& [index, tile] = image_of_[static_cast<std::size_t>(choice.series)];
    const LifImage& stored = content_.images[index];
    if (tile != kAllTiles) return fill_tile(stored, tile, choice, *choice.region, image);
    const Level& size = stored.series.levels[0];
    const Box& region = *choice.region;
    std::int64_t left_px = kMostPastedPixels;
    for (std::size_t i = 0; i < stored.places.size(); ++i) {
      const auto [left, top] = stored.places[i];
      const std::int64_t from_x = std::max<std::int64_t>(left, region.left_px), from_y = std::max<std::int64_t>(top, region.top_px);
      const std::int64_t width = std::min<std::int64_t>(left + size.width_px, std::int64_t{region.left_px} + region.width_px) - from_x, height = std::min<std::int64_t>(top + size.height_px, std::int64_t{region.top_px} + region.height_px) - from_y;
      if (width < 1 || height < 1) continue;
      left_px -= width * height;
      if (left_px < 0) throw Error(ErrorCode::kTooLarge, "the LIF file has too many tiles in one place");
      Image part(static_cast<int>(width), static_cast<int>(height), image.channels(), image.type());
      fill_tile(stored, static_cast<std::int64_t>(i), choice, Box{static_cast<int>(from_x - left), static_cast<int>(from_y - top), part.width_px(), part.height_px()}, part);
      for (int y = 0; y < part.height_px(); ++y) {
        std::memcpy(image.data() + static_cast<std::size_t>(from_y - region.top_px + y) * image.row_stride_bytes() + static_cast<std::size_t>(from_x - region.left_px) * image.view().pixel_bytes(), part.view().row(y), part.row_stride_bytes());
      }
    }
  }

 private:
  static constexpr std::int64_t kAllTiles = -1;

  /// Makes one series of an image's tiles, where they have places and are not too large together to be looked at; else each stays its own.
  bool join(std::size_t index) {
    const LifImage& stored = content_.images[index];
    Series series = stored.series;
    Level& size = series.levels[0];
    const Level tile = size;
    for (const LifPlace& place : stored.places) {
      size.width_px = std::max(size.width_px, place.left_px + tile.width_px);
      size.height_px = std::max(size.height_px, place.top_px + tile.height_px);
    }
    if (stored.places.empty() || size.width_px > kMaxPixels / size.height_px) return false;
    series_.push_back(std::move(series));
    image_of_.push_back({index, kAllTiles});
    is_joined_ = true;
    return true;
  }

  void fill_tile(const LifImage& stored, std::int64_t tile, const PlaneChoice& choice, const Box& region, Image& image) {
    const auto block = blocks_.find(stored.block);
    if (block == blocks_.end()) throw Error(ErrorCode::kTruncated, "the LIF file is cut off: the pixels of this image are missing");
    const LifAxes& axes = stored.axes;
    const std::int64_t steps = count_of(axes.spectrum);
    const std::vector<std::uint64_t>& samples = stored.samples[static_cast<std::size_t>(choice.channel / steps)];
    const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
    const std::uint64_t holds = block->second.bytes;
    const std::uint64_t offset = reach(axes.tiles, tile, block->second) + reach(axes.t, choice.t, block->second) + reach(axes.z, choice.z, block->second) + reach(axes.spectrum, choice.channel % steps, block->second);
    // Of one plane, that is: where a recording was stopped, the first ones are there.
    const std::uint64_t end = offset + reach(axes.x, axes.x.count - 1, block->second) + reach(axes.y, axes.y.count - 1, block->second) + sample_bytes(image.type());
    if (*most > holds || end > holds - *most) throw corrupt("an image reaches beyond its block of memory");
    const std::uint64_t plane = block->second.at + offset;

    // Lines run along what is nearer in memory: rows, but of a few files columns.
    const bool by_columns = axes.y.count > 1 && axes.x.count > 1 && axes.y.bytes < axes.x.bytes;
    const LifAxis &along = by_columns ? axes.y : axes.x, &across = by_columns ? axes.x : axes.y;
    const auto first = static_cast<std::uint64_t>(by_columns ? region.top_px : region.left_px), line_0 = static_cast<std::uint64_t>(by_columns ? region.left_px : region.top_px);
    const int length = by_columns ? region.height_px : region.width_px, lines = by_columns ? region.width_px : region.height_px;
    const std::size_t bytes = sample_bytes(image.type()), pixel = bytes * samples.size(), row = image.row_stride_bytes();
    const std::size_t step_along = by_columns ? row : pixel, step_across = by_columns ? pixel : row;

    // Samples that lie in one pixel are read together, others one after the other.
    const bool together = *most - *least + bytes <= along.bytes;
    std::vector<std::uint8_t> line;
    for (std::size_t s = 0; s < (together ? 1 : samples.size()); ++s) {
      const std::uint64_t from = together ? *least : samples[s], width = together ? *most - *least + bytes : bytes;
      for (int j = 0; j < lines; ++j) {
        const std::uint64_t at = plane + from + first * along.bytes + (line_0 + static_cast<std::uint64_t>(j)) * across.bytes, count = static_cast<std::uint64_t>(length - 1) * along.bytes + width;
        if (line.size() != count) line = source_->read(at, count);
        else source_->read(at, line);
        std::byte* to = image.data() + static_cast<std::size_t>(j) * step_across;
        for (int i = 0; i < length; ++i, to += step_along) {
          const std::uint8_t* own = line.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(along.bytes);
          if (!together) std::memcpy(to + s * bytes, own, bytes);
          else for (std::size_t k = 0; k < samples.size(); ++k) std::memcpy(to + k * bytes, own + (samples[k] - from), bytes);
        }
      }
    }
  }

  /// Names and places of the blocks, one behind the other; what is cut off is not there.
  void read_blocks(std::uint64_t at) {
    const std::uint64_t size_bytes = content_.version == 2 ? 8 : 4, head = 9 + size_bytes + 5;
    while (source_->has(at, head)) {
      if (blocks_.size() >= kMaxBlocks) throw Error(ErrorCode::kTooLarge, "the LIF file has more blocks of memory than are read");
      const std::uint64_t bytes = size_bytes == 8 ? numbers_.u64(at + 9) : numbers_.u32(at + 9), units = numbers_.u32(at + 10 + size_bytes);
      if (numbers_.u32(at) != kPart || numbers_.u8(at + 8) != kItem || numbers_.u8(at + 9 + size_bytes) != kItem) throw corrupt("a block of memory is not where it should be");
      if (units > kMaxIdUnits || bytes > kMaxBlockBytes) throw corrupt("a block of memory has a size that no file has");
      if (!source_->has(at + head, 2 * units)) return;
      const std::vector<std::uint8_t> id = source_->read(at + head, 2 * units);
      at += head + 2 * units;
      blocks_.emplace(clean_utf16(id, true), Block{at, bytes});
      if (!source_->has(at, bytes)) return;
      at += bytes;
    }
  }

  /// Bytes to one of the things that an axis counts. No product is more than the block holds, so that no sum of a few overflows.
  static std::uint64_t reach(const LifAxis& axis, std::int64_t index, const Block& block) {
    if (index == 0) return 0;
    if (axis.bytes == 0 || axis.bytes > block.bytes / static_cast<std::uint64_t>(index)) throw corrupt("an image reaches beyond its block of memory");
    return static_cast<std::uint64_t>(index) * axis.bytes;
  }

  static std::uint64_t reach(const std::vector<LifAxis>& axes, std::int64_t index, const Block& block) {
    std::uint64_t bytes = 0;
    for (const LifAxis& axis : axes) {
      bytes += reach(axis, index % axis.count, block);
      index /= axis.count;
    }
    return bytes;
  }

  struct Tile {
    std::size_t image;
    std::int64_t tile;
  };

  std::shared_ptr<Source> source_;
  SourceNumbers numbers_;
  LifContent content_;
  std::unordered_map<std::string, Block> blocks_;
  std::vector<Series> series_;
  std::vector<Tile> image_of_;
  bool has_tiles_ = false, is_joined_ = false;
};

/// The formats around LIF are XML alone, in UTF-8 or UTF-16.
bool is_leica_xml(Source& source) {
  const std::vector<std::uint8_t> start = source.read(0, std::min<std::uint64_t>(source.size(), 400));
  if (start.size() < 60) return false;
  std::string text(start.begin(), start.end());
  if (start[1] == 0 || start[3] == 0) text = utf8_of_utf16(start, true);
  return text.find("<LMSDataContainerHeader") != text.npos;
}

bool is_binary(Source& source) {
  if (!source.has(0, kTextAt)) return false;
  const SourceNumbers numbers(source, true);
  return numbers.u32(0) == kPart && numbers.u8(8) == kItem;
}

}  // namespace

bool is_lif(Source& source) { return is_binary(source) || is_leica_xml(source); }

std::unique_ptr<ImageFile> open_lif(std::shared_ptr<Source> source) {
  if (!is_binary(*source)) throw LifFile::other("XLEF or XLIF, whose pixels lie in other files,");
  return std::make_unique<LifFile>(std::move(source));
}

}  // namespace cytodrop
