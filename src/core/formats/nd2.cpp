#include "core/formats/nd2.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <unordered_map>

#include <zlib.h>

#include "core/decode/tiff.h"
#include "core/error.h"
#include "core/formats/nd2_metadata.h"

namespace cytodrop {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t kMagic = 0x0ABECEDA;
constexpr std::string_view kFirstName = "ND2 FILE SIGNATURE CHUNK NAME01!", kMapName = "ND2 FILEMAP SIGNATURE NAME 0001!", kEnd = "ND2 CHUNK MAP SIGNATURE 0000001!";
constexpr std::string_view kFrame = "ImageDataSeq|";
constexpr std::uint64_t kMaxMapBytes = 256'000'000, kMaxMetadataBytes = 32'000'000;
constexpr std::int64_t kMaxSide = 1 << 30, kMaxComponents = 1'000, kMaxChannels = 1'000'000;
/// Before the pixels of a frame stands the moment at which it was taken.
constexpr std::uint64_t kMomentBytes = 8;

Error corrupt(const std::string& how) { return Error(ErrorCode::kCorrupt, "the ND2 file is damaged (" + how + ")"); }

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

struct Place {
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;
};

/// A JPEG 2000 file at whose end Nikon's list of contents stands.
bool is_version_1(Source& source) {
  constexpr std::string_view kBoxes = "LABORATORY IMAGING ND BOX MAP 00";
  return source.has(0, 52) && text_of(source.read(source.size() - 40, kBoxes.size())) == kBoxes;
}

/// Ends with its object.
class Inflater {
 public:
  Inflater() {
    if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
};

class Nd2File final : public ImageFile {
 public:
  explicit Nd2File(std::shared_ptr<Source> source) : source_(std::move(source)), numbers_(*source_, true) {
    read_map();
    read_layout();
    for (const Tag& tag : said_.take().tags) tags_.push_back(tag);
  }

  FileFormat format() const override { return FileFormat::kNd2; }
  const std::vector<Series>& series() const override { return series_; }

  void list_tags(TagList& tags) const override {
    for (const Tag& tag : tags_) tags.add(tag.group, tag.name, tag.value, tag.mark);
    const std::int64_t missing = frame_count_ - static_cast<std::int64_t>(frames_.size()) + beyond_;
    if (missing > 0) tags.note("Of " + std::to_string(frame_count_) + " frames " + std::to_string(missing) + " are missing in the file; they are shown black.");
    if (beyond_ > 0) tags.note(std::to_string(beyond_) + (beyond_ == 1 ? " frame" : " frames") + " beyond those that the file counts are not shown.");
  }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    const auto place = frames_.find(frame_of(choice));
    if (place == frames_.end()) return;
    check_decoded_size(1, 1, row_bytes_);
    const Place data = chunk_at(place->second, kFrame);
    if (data.bytes < kMomentBytes) throw corrupt("a frame has no pixels");
    const Place pixels{data.at + kMomentBytes, data.bytes - kMomentBytes};
    if (deflated_) {
      fill_deflated(pixels, choice, image);
    } else {
      fill_plain(pixels, choice, image);
    }
  }

 private:
  /// Where the data of a chunk lie.
  Place chunk_at(std::uint64_t at, std::string_view name) const {
    if (!source_->has(at, 16)) throw Error(ErrorCode::kTruncated, "the ND2 file is cut off: a part of it lies behind its end");
    if (numbers_.u32(at) != kMagic) throw corrupt("a part of it is not where it should be");
    const std::uint64_t name_bytes = numbers_.u32(at + 4), bytes = numbers_.u64(at + 8);
    if (name_bytes < name.size() || !source_->has(at + 16, name_bytes) || !source_->has(at + 16 + name_bytes, bytes)) throw Error(ErrorCode::kTruncated, "the ND2 file is cut off: a part of it is not complete");
    std::vector<std::uint8_t> found(name.size());
    source_->read(at + 16, found);
    if (text_of(found) != name) throw corrupt("a part of it has another name than is stated");
    return {at + 16 + name_bytes, bytes};
  }

  /// Names and places of all chunks, which stand at the end.
  void read_map() {
    const std::uint64_t size = source_->size();
    if (size < 40 + kFirstName.size()) throw Error(ErrorCode::kTruncated, "the ND2 file is cut off: its end is missing");
    chunk_at(0, kFirstName);
    if (text_of(source_->read(size - 40, kEnd.size())) != kEnd) throw Error(ErrorCode::kTruncated, "the ND2 file is cut off: the list of its contents, which stands at its end, is missing");
    const Place place = chunk_at(numbers_.u64(size - 8), kMapName);
    const std::vector<std::uint8_t> map = source_->read(place.at, place.bytes, kMaxMapBytes);
    std::string_view rest = text_of(map);
    while (true) {
      const std::size_t mark = rest.find('!');
      if (mark == rest.npos) throw corrupt("the list of its contents has no end");
      const std::string_view name = rest.substr(0, mark + 1);
      if (name == kEnd) break;
      if (rest.size() - name.size() < 16) throw corrupt("the list of its contents ends too early");
      std::uint64_t at = 0;
      for (std::size_t i = 8; i-- > 0;) at = at << 8 | static_cast<std::uint8_t>(rest[name.size() + i]);
      add_chunk(name, at);
      rest.remove_prefix(name.size() + 16);
    }
  }

  void add_chunk(std::string_view name, std::uint64_t at) {
    if (name.starts_with(kFrame)) {
      const std::string_view digits = name.substr(kFrame.size(), name.size() - kFrame.size() - 1);
      std::uint32_t frame = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), frame);
      if (error == std::errc() && end == digits.data() + digits.size()) frames_[frame] = at;
      return;
    }
    // Others, one for each frame, are not read.
    if (name.size() < 64 && (!name.starts_with("ImageMetadataSeq") || name.ends_with("|0!")) && !name.starts_with("CustomDataSeq|")) chunks_.emplace(name, at);
  }

  /// The metadata of the newer or the older name; without any value where the file has neither.
  Nd2Value values(std::string_view newer, std::string_view older) {
    for (const std::string_view name : {newer, older}) {
      const auto chunk = chunks_.find(name);
      if (chunk == chunks_.end()) continue;
      const Place place = chunk_at(chunk->second, name);
      Nd2Value read = read_nd2_values(source_->read(place.at, place.bytes, kMaxMetadataBytes));
      list_nd2_values(read, said_);
      return read;
    }
    return {};
  }

  static std::int64_t whole(const Nd2Value& from, std::string_view name, std::int64_t most) {
    const double number = from.number_of(name, 0);
    if (!(number >= 0 && number <= static_cast<double>(most))) throw corrupt(std::string(name.substr(2)) + " is not one that a file can have");
    return static_cast<std::int64_t>(number);
  }

  void read_layout() {
    const Nd2Value attributes = values("ImageAttributesLV!", "ImageAttributes!");
    if (attributes.items.empty()) throw corrupt("it does not tell its size");
    const std::int64_t width = whole(attributes, "uiWidth", kMaxSide), height = whole(attributes, "uiHeight", kMaxSide);
    components_ = whole(attributes, "uiComp", kMaxComponents);
    const std::int64_t bits = whole(attributes, "uiBpcInMemory", 1'000);
    if (width < 1 || height < 1 || components_ < 1) throw corrupt("it has no pixels");
    if (bits != 8 && bits != 16 && bits != 32) throw Error(ErrorCode::kUnsupportedFeature, "the ND2 file has " + std::to_string(bits) + " bits a sample, which are not read; 8, 16 and 32 are");
    const std::int64_t compression = attributes.find("eCompression") ? whole(attributes, "eCompression", 1'000) : 2;
    if (compression == 1) throw Error(ErrorCode::kUnsupportedFeature, "the ND2 file was compressed with losses, which is not read; save it in NIS-Elements without compression or as TIFF");
    deflated_ = compression == 0;
    pixel_bytes_ = components_ * bits / 8;
    row_bytes_ = whole(attributes, "uiWidthBytes", std::int64_t{1} << 40);
    if (row_bytes_ == 0) row_bytes_ = width * pixel_bytes_;
    if (row_bytes_ < width * pixel_bytes_) throw corrupt("its rows are shorter than its width");

    Series series;
    series.levels = {{width, height}};
    series.type = bits == 8 ? SampleType::kUint8 : bits == 16 ? SampleType::kUint16 : SampleType::kFloat32;
    const std::int64_t used = whole(attributes, "uiBpcSignificant", 1'000);
    series.bits = static_cast<int>(used >= 1 && used <= bits ? used : bits);
    const Nd2Value picture = values("ImageMetadataSeqLV|0!", "ImageMetadataSeq|0!");
    series.channels = nd2_channels(picture, static_cast<int>(components_), series.samples);
    const double um = picture.number_of("dCalibration", 0);
    if (picture.number_of("bCalibrated", 1) != 0 && um > 1e-6 && um < 1e6) series.x_um = series.y_um = um;

    loops_ = nd2_loops(values("ImageMetadataLV!", "ImageMetadata!"));
    const std::int64_t stated = whole(attributes, "uiSequenceCount", 10'000'000);
    if (loops_.empty() && stated > 1) loops_.push_back({.count = stated});
    std::int64_t positions = 1;
    for (const Nd2Loop& loop : loops_) {
      frame_count_ *= loop.count;
      if (loop.kind == Nd2Loop::Kind::kTime) series.t *= static_cast<int>(loop.count);
      if (loop.kind == Nd2Loop::Kind::kPosition) positions *= loop.count;
      if (loop.kind != Nd2Loop::Kind::kZ) continue;
      series.z *= static_cast<int>(loop.count);
      if (loop.step_um > 1e-6 && loop.step_um < 1e6) series.z_um = loop.step_um;
    }
    if (positions * static_cast<std::int64_t>(series.channels.size()) > kMaxChannels) throw Error(ErrorCode::kTooLarge, "the ND2 file has more positions and channels than are read");
    series_.assign(static_cast<std::size_t>(positions), series);
    for (const Nd2Loop& loop : loops_) {
      // Positions within positions keep the names of the outer ones, which the field's readers do not read at all.
      const std::size_t each = loop.names.empty() ? 0 : series_.size() / loop.names.size();
      for (std::size_t i = 0; each > 0 && i < series_.size(); ++i) {
        if (series_[i].name.empty()) series_[i].name = loop.names[std::min(i / each, loop.names.size() - 1)];
      }
    }
    beyond_ = std::count_if(frames_.begin(), frames_.end(), [&](const auto& frame) { return frame.first >= frame_count_; });
    for (const auto& [name, at] : chunks_) {
      const bool is_known = name.starts_with("ImageTextInfo") || name.starts_with("CustomDataVar|AppInfo");
      if (!is_known && !name.starts_with("CustomData")) continue;
      // Nothing that the pixels need: a file is not refused for it.
      try {
        const Place place = chunk_at(at, name);
        if (is_known) {
          list_nd2_values(read_nd2_values(source_->read(place.at, place.bytes, kMaxMetadataBytes)), said_);
        } else {
          said_.add("ND2", name.substr(0, name.size() - 1), unread_bytes(place.bytes), Mark::kText);
        }
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kUnreadable || error.code() == ErrorCode::kOutOfMemory) throw;
      }
    }
  }

  /// The innermost loop runs fastest.
  std::uint32_t frame_of(const PlaneChoice& choice) const {
    std::int64_t left[] = {choice.t, choice.series, choice.z};
    std::int64_t frame = 0, step = 1;
    for (auto loop = loops_.rbegin(); loop != loops_.rend(); ++loop) {
      std::int64_t& own = left[static_cast<std::size_t>(loop->kind)];
      frame += own % loop->count * step;
      own /= loop->count;
      step *= loop->count;
    }
    return static_cast<std::uint32_t>(frame);
  }

  /// Takes the samples of one channel out of pixels that hold those of all.
  void take_row(const std::uint8_t* pixels, const PlaneChoice& choice, Image& image, int y) const {
    const std::size_t bytes = sample_bytes(image.type()), samples = static_cast<std::size_t>(image.channels()), stride = static_cast<std::size_t>(pixel_bytes_);
    const std::uint8_t* from = pixels + static_cast<std::size_t>(choice.channel) * samples * bytes;
    std::byte* to = image.data() + static_cast<std::size_t>(y) * image.row_stride_bytes();
    for (int x = 0; x < image.width_px(); ++x, from += stride) {
      // Colours are stored blue first.
      for (std::size_t s = 0; s < samples; ++s, to += bytes) std::memcpy(to, from + (samples - 1 - s) * bytes, bytes);
    }
  }

  void fill_plain(const Place& pixels, const PlaneChoice& choice, Image& image) {
    const Level& level = series_.front().levels.front();
    const auto row = static_cast<std::uint64_t>(row_bytes_), rows = static_cast<std::uint64_t>(level.height_px), pixel = static_cast<std::uint64_t>(pixel_bytes_);
    const std::uint64_t last = static_cast<std::uint64_t>(level.width_px) * pixel;
    // The last row may do without what fills up the others.
    if (pixels.bytes < last || (rows > 1 && (pixels.bytes - last) / (rows - 1) < row)) throw corrupt("a frame has fewer pixels than its size tells");
    std::vector<std::uint8_t> buffer(static_cast<std::size_t>(choice.region->width_px) * static_cast<std::size_t>(pixel));
    for (int y = 0; y < image.height_px(); ++y) {
      source_->read(pixels.at + (static_cast<std::uint64_t>(choice.region->top_px) + static_cast<std::uint64_t>(y)) * row + static_cast<std::uint64_t>(choice.region->left_px) * pixel, buffer);
      take_row(buffer.data(), choice, image, y);
    }
  }

  /// Row by row, so that no more memory is taken than for one.
  void fill_deflated(const Place& pixels, const PlaneChoice& choice, Image& image) {
    // Deflate makes at most 1032 bytes of one.
    if (static_cast<std::uint64_t>(row_bytes_) > 1'032 * pixels.bytes) throw corrupt("a frame has fewer pixels than its size tells");
    std::vector<std::uint8_t> in(65'536), row(static_cast<std::size_t>(row_bytes_));
    Inflater inflater;
    z_stream& stream = inflater.stream;
    std::uint64_t read = 0;
    const auto refill = [&] {
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), pixels.bytes - read));
      source_->read(pixels.at + read, std::span(in).first(step));
      read += step;
      stream.next_in = in.data();
      stream.avail_in = static_cast<uInt>(step);
    };
    const std::int64_t top = choice.region->top_px, bottom = top + image.height_px(), height = series_.front().levels.front().height_px;
    for (std::int64_t y = 0; y < bottom; ++y) {
      std::size_t filled = 0;
      const std::size_t needed = y + 1 == height ? static_cast<std::size_t>(series_.front().levels.front().width_px * pixel_bytes_) : row.size();
      while (filled < needed) {
        if (stream.avail_in == 0 && read < pixels.bytes) refill();
        const std::size_t step = std::min<std::size_t>(needed - filled, 1u << 30);
        stream.next_out = row.data() + filled;
        stream.avail_out = static_cast<uInt>(step);
        const int state = inflate(&stream, Z_NO_FLUSH);
        filled += step - stream.avail_out;
        if (state == Z_MEM_ERROR) throw std::bad_alloc();
        if (state != Z_OK && !(state == Z_STREAM_END && filled == needed)) throw corrupt("the pixels of a frame cannot be inflated");
        if (state == Z_STREAM_END && y + 1 < bottom) throw corrupt("a frame has fewer pixels than its size tells");
      }
      if (y >= top) take_row(row.data() + choice.region->left_px * pixel_bytes_, choice, image, static_cast<int>(y - top));
    }
    if (bottom < height) return;
    // The sum behind the pixels is of use only once it is compared.
    for (int state = Z_OK; state == Z_OK;) {
      if (stream.avail_in == 0 && read < pixels.bytes) refill();
      stream.next_out = row.data();
      stream.avail_out = static_cast<uInt>(std::min<std::size_t>(row.size(), 1u << 30));
      state = inflate(&stream, Z_NO_FLUSH);
      if (state == Z_DATA_ERROR) throw corrupt("the pixels of a frame are not those that were stored");
      if (stream.avail_out == 0) break;
    }
  }

  std::shared_ptr<Source> source_;
  SourceNumbers numbers_;
  std::map<std::string, std::uint64_t, std::less<>> chunks_;
  std::unordered_map<std::uint32_t, std::uint64_t> frames_;
  std::vector<Nd2Loop> loops_;
  std::vector<Series> series_;
  TagList said_;
  std::vector<Tag> tags_;
  std::int64_t frame_count_ = 1, beyond_ = 0;
  std::int64_t components_ = 1, pixel_bytes_ = 1, row_bytes_ = 1;
  bool deflated_ = false;
};

}  // namespace

bool is_nd2(Source& source) {
  if (!source.has(0, 12)) return false;
  const std::vector<std::uint8_t> start = source.read(0, 12);
  return le32(start, 0) == kMagic || (be32(start, 0) == 12 && be32(start, 4) == 0x6a502020 && is_version_1(source));
}

std::unique_ptr<ImageFile> open_nd2(std::shared_ptr<Source> source) {
  if (SourceNumbers(*source, true).u32(0) != kMagic) {
    throw Error(ErrorCode::kUnsupportedFeature, "the ND2 file is of the first version, which holds JPEG 2000 and is not read; open it in NIS-Elements or its free Viewer and save it anew, or as TIFF");
  }
  return std::make_unique<Nd2File>(std::move(source));
}

}  // namespace cytodrop
