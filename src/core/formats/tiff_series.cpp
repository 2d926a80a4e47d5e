#include "core/formats/tiff_series.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "core/decode/ome.h"
#include "core/decode/tiff_pixels.h"
#include "core/error.h"
#include "core/formats/ome_images.h"
#include "core/formats/tiff_makers.h"

namespace cytodrop {
namespace {

constexpr int kMaxLevels = 32;
/// Of two levels of one picture; rounding to whole pixels makes them differ a little.
constexpr double kSameAspect = 0.03;

std::string description_of(TIFF* tiff) {
  const char* text = nullptr;
  return TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) ? text : "";
}

class ContentReader {
 public:
  ContentReader(Source& source, TiffLibrary& library) : source_(source), library_(library), directories_(walk_directories(source)) {}

  TiffContent read() {
    library_.read_directory(directories_.all.front().offset);
    const std::string text = description_of(library_.get());
    const TiffPage first = page();
    if (read_aperio(text, first) || read_ndpi(first) || read_lsm(first) || read_stk(first) || read_ome(text, first) || read_imagej(text, first)) return std::move(content_);
    read_plain(text);
    return std::move(content_);
  }

 private:
  TiffPage page() {
    try {
      return read_page(library_, true);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNeedsReader) throw;
      throw Error(ErrorCode::kUnsupportedFeature, std::string(error.what()) + "; save it uncompressed or with LZW");
    }
  }

  /// What a page says of the series that it is of.
  static TiffSeries series_of(const TiffPage& page) {
    TiffSeries one;
    const bool turned = page.orientation >= 5;
    one.facts.levels = {{turned ? page.height_px : page.width_px, turned ? page.width_px : page.height_px}};
    one.facts.samples = page.palette || page.colours == 3 ? 3 : 1;
    one.facts.type = page.type;
    one.facts.bits = page.bits;
    one.facts.x_um = one.facts.y_um = page.pixel_size_um;
    one.channels_are_samples = page.grey_channels > 1;
    one.facts.channels.resize(static_cast<std::size_t>(page.grey_channels));
    return one;
  }

  void set_pixel_size(TiffSeries& one, double um) {
    if (um > 1e-6 && um < 1e6) one.facts.x_um = one.facts.y_um = um;
  }

  void beside(const std::string& name, const TiffDirectory& directory) { content_.beside.push_back({name, directory.width_px, directory.height_px}); }

  /// Further levels among directories that the file has for it; others are pictures beside it.
  void take_levels(TiffSeries& one, const std::vector<const TiffDirectory*>& candidates) {
    for (const TiffDirectory* directory : candidates) {
      if (one.facts.levels.size() < kMaxLevels && directory->width_px < one.facts.levels.back().width_px && is_level_of(one.facts.levels.front(), directory->width_px, directory->height_px)) {
        one.facts.levels.push_back({directory->width_px, directory->height_px});
        one.levels.push_back(directory->offset);
      } else {
        beside("Picture beside the image", *directory);
      }
    }
  }

  /// The SubIFDs of the directory that libtiff holds now, as levels of each plane.
  void take_levels_below(TiffSeries& one) {
    std::uint16_t count = 0;
    const std::uint64_t* below = nullptr;
    if (one.planes.empty() || !TIFFGetField(library_.get(), TIFFTAG_SUBIFD, &count, &below)) return;
    const std::vector<std::uint64_t> offsets(below, below + std::min<int>(count, kMaxLevels));
    for (const std::uint64_t offset : offsets) {
      try {
        library_.read_directory(offset);
      } catch (const Error&) {
        break;  // a picture without its smaller levels is a picture still
      }
      const std::int64_t width = tiff_tag<std::uint32_t>(library_.get(), TIFFTAG_IMAGEWIDTH, 0), height = tiff_tag<std::uint32_t>(library_.get(), TIFFTAG_IMAGELENGTH, 0);
      if (width >= one.facts.levels.back().width_px || !is_level_of(one.facts.levels.front(), width, height)) break;
      one.facts.levels.push_back({width, height});
    }
    one.levels_are_below = one.facts.levels.size() > 1;
  }

  bool read_aperio(std::string_view text, const TiffPage& first) {
    if (!text.starts_with("Aperio")) return false;
    TiffSeries one = series_of(first);
    one.planes = {{.directory = directories_.all.front().offset}};
    if (const std::size_t at = text.find("MPP = "); at != std::string_view::npos) set_pixel_size(one, leading_number(text.substr(at + 6)));
    std::vector<const TiffDirectory*> levels;
    for (std::size_t i = 1; i < directories_.all.size(); ++i) {
      const TiffDirectory& directory = directories_.all[i];
      // Aperio's own: 1 is the label, 9 the overview; the thumbnail comes second and in strips.
      if (directory.tiled && directory.subfile == 0) levels.push_back(&directory);
      else beside(directory.subfile == 1 ? "Label" : directory.subfile == 9 ? "Overview" : "Thumbnail", directory);
    }
    take_levels(one, levels);
    content_.series.push_back(std::move(one));
    return true;
  }

  bool read_ndpi(const TiffPage& first) {
    if (!has_tag(source_, directories_.all.front().offset, kNdpiFormat)) return false;
    TiffSeries one = series_of(first);
    one.planes = {{.directory = directories_.all.front().offset}};
    std::vector<const TiffDirectory*> levels;
    for (std::size_t i = 1; i < directories_.all.size(); ++i) {
      const TiffDirectory& directory = directories_.all[i];
      const double lens = float_tag(source_, directory.offset, kNdpiLens);
      if (lens > 0) levels.push_back(&directory);
      else beside(lens == -1 ? "Overview" : "Map", directory);
    }
    take_levels(one, levels);
    content_.series.push_back(std::move(one));
    return true;
  }

  bool read_lsm(const TiffPage& first) {
    const auto info = read_lsm_info(source_, directories_.all.front().offset);
    if (!info) return false;
    TiffSeries one = series_of(first);
    one.facts.z = info->z;
    one.facts.t = info->t;
    set_pixel_size(one, info->x_um);
    one.facts.y_um = info->y_um;
    one.facts.z_um = info->z_um;
    for (const TiffDirectory& directory : directories_.all) {
      if (!directory.auxiliary()) one.planes.push_back({.directory = directory.offset});
    }
    if (one.planes.size() != static_cast<std::size_t>(info->z) * static_cast<std::size_t>(info->t)) {
      one.facts.z = static_cast<int>(one.planes.size());
      one.facts.t = 1;
    }
    content_.series.push_back(std::move(one));
    return true;
  }

  bool read_stk(const TiffPage& first) {
    const auto info = read_stk_info(source_, directories_.all.front().offset);
    if (!info) return false;
    TiffSeries one = series_of(first);
    set_pixel_size(one, info->x_um);
    add_stack(one, first, info->planes);
    content_.series.push_back(std::move(one));
    return true;
  }

  /// Planes behind the first one; those that the file does not hold are not there.
  void add_stack(TiffSeries& one, const TiffPage& page, int count) {
    const std::uint64_t bytes = plane_bytes(page);
    int error = 0;
    const std::uint64_t first = TIFFGetStrileOffsetWithErr(library_.get(), 0, &error);
    const bool plain = tiff_tag<std::uint16_t>(library_.get(), TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_NONE && !TIFFIsTiled(library_.get()) && page.bits % 8 == 0 && !error;
    one.planes = {{.directory = directories_.all.front().offset}};
    for (int i = 1; plain && i < count; ++i) {
      const std::uint64_t at = first + static_cast<std::uint64_t>(i) * bytes;
      if (!source_.has(at, bytes)) break;
      one.planes.push_back({.directory = directories_.all.front().offset, .stacked_at = at});
    }
    one.facts.z = static_cast<int>(one.planes.size());
    if (one.facts.z < count) content_.images_stated = count;
  }

  bool read_ome(std::string_view text, const TiffPage& first) {
    if (!is_ome(text)) return false;
    std::vector<const TiffDirectory*> full;
    for (const TiffDirectory& directory : directories_.all) {
      if (&directory == &directories_.all.front() || !directory.auxiliary()) full.push_back(&directory);
    }
    const int samples = tiff_tag<std::uint16_t>(library_.get(), TIFFTAG_SAMPLESPERPIXEL, 1);
    const std::vector<OmeImage> images = read_ome_images(text, static_cast<int>(full.size()), samples);
    if (images.empty()) return false;
    for (const OmeImage& image : images) {
      library_.read_directory(full[static_cast<std::size_t>(image.directories.front())]->offset);
      const TiffPage page = &image == &images.front() ? first : this->page();
      TiffSeries one = series_of(page);
      const bool has_samples = one.channels_are_samples && image.facts.channels.size() == 1;
      one.channels_are_samples = has_samples;
      Series facts = image.facts;
      facts.levels = one.facts.levels;
      facts.samples = one.facts.samples;
      facts.type = one.facts.type;
      facts.bits = one.facts.bits;
      if (has_samples) facts.channels = one.facts.channels;
      if (facts.x_um == 0) facts.x_um = one.facts.x_um;
      if (facts.y_um == 0) facts.y_um = facts.x_um;
      one.facts = std::move(facts);
      for (const int number : image.directories) one.planes.push_back({.directory = full[static_cast<std::size_t>(number)]->offset});
      take_levels_below(one);
      content_.series.push_back(std::move(one));
    }
    return true;
  }

  bool read_imagej(std::string_view text, const TiffPage& first) {
    if (!is_imagej(text)) return false;
    const auto stated = [&](std::string_view name) { const double value = leading_number(line_value(text, name)); return value >= 1 && value <= 1e6 ? static_cast<int>(value) : 1; };
    TiffSeries one = series_of(first);
    set_pixel_size(one, described_pixel_um(text, first.x_pixels_per_unit));
    if (const double unit_um = um_per(line_value(text, "unit")); unit_um > 0) {
      const double spacing = leading_number(line_value(text, "spacing")) * unit_um;
      if (spacing > 1e-6 && spacing < 1e6) one.facts.z_um = spacing;
    }
    const int images = stated("images");
    if (directories_.all.size() == 1 && images > 1) {
      add_stack(one, first, images);
    } else {
      for (const TiffDirectory& directory : directories_.all) {
        if (&directory == &directories_.all.front() || !directory.auxiliary()) one.planes.push_back({.directory = directory.offset});
      }
    }
    const std::size_t planes = one.planes.size();
    if (static_cast<std::size_t>(images) > planes) content_.images_stated = images;
    const int c = stated("channels"), z = stated("slices"), t = stated("frames");
    if (!one.channels_are_samples && static_cast<std::uint64_t>(c) * static_cast<std::uint64_t>(z) * static_cast<std::uint64_t>(t) == planes) {
      one.facts.channels.resize(static_cast<std::size_t>(c));
      one.facts.z = z;
      one.facts.t = t;
    } else {
      one.facts.z = static_cast<int>(planes);
    }
    content_.series.push_back(std::move(one));
    return true;
  }

  /// Pages one after the other, of one series as long as they are of one kind; smaller levels where there is one picture only.
  void read_plain(std::string_view) {
    std::vector<const TiffDirectory*> full, reduced;
    for (const TiffDirectory& directory : directories_.all) {
      const bool is_page = &directory == &directories_.all.front() || !directory.auxiliary();
      (is_page ? full : reduced).push_back(&directory);
    }
    std::pair<std::int64_t, std::int64_t> size{-1, -1};
    for (const TiffDirectory* directory : full) {
      const std::pair now{directory->width_px, directory->height_px};
      if (now != size) {
        library_.read_directory(directory->offset);
        content_.series.push_back(series_of(page()));
        content_.series.back().planes.push_back({.directory = directory->offset});
        if (full.size() == 1) take_levels_below(content_.series.back());
      } else {
        content_.series.back().planes.push_back({.directory = directory->offset});
        ++content_.series.back().facts.z;
      }
      size = now;
    }
    if (full.size() == 1 && content_.series.front().facts.levels.size() == 1) take_levels(content_.series.front(), reduced);
    else for (const TiffDirectory* directory : reduced) beside("Thumbnail", *directory);
  }

  Source& source_;
  TiffLibrary& library_;
  TiffDirectories directories_;
  TiffContent content_;
};

}  // namespace

bool is_level_of(const Level& large, std::int64_t width_px, std::int64_t height_px) {
  if (width_px < 1 || height_px < 1 || width_px >= large.width_px || height_px >= large.height_px) return false;
  const double x = static_cast<double>(large.width_px) / static_cast<double>(width_px), y = static_cast<double>(large.height_px) / static_cast<double>(height_px);
  // Of small levels a pixel more or less is more than that.
  return std::abs(x / y - 1) < kSameAspect + 2.0 / static_cast<double>(std::min(width_px, height_px));
}

void list_beside(const TiffBeside& one, TagList& tags) {
  tags.add("TIFF", one.name, "a picture of " + std::to_string(one.width_px) + " × " + std::to_string(one.height_px) + " px, not read; it may show more than the image", Mark::kText);
}

TiffContent read_content(Source& source, TiffLibrary& library) { return ContentReader(source, library).read(); }

}  // namespace cytodrop
