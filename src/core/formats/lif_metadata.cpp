#include "core/formats/lif_metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "core/decode/xml_search.h"
#include "core/error.h"
#include "core/formats/utc_text.h"

namespace cytodrop {
namespace {

constexpr std::int64_t kMaxSide = 1 << 30, kMaxPlanes = 10'000'000, kMaxChannels = 1'000'000;
constexpr std::size_t kMaxDimensions = 12, kMaxImages = 100'000;
constexpr int kMaxListed = 400;
/// A file of many images says the same of each.
constexpr int kMaxLookedAt = 200'000;

std::string value_of(const XmlElement& element, std::string_view name) { return clean_text(xml_unescaped(attribute(element.attributes, name).substr(0, 8 * kMaxValueBytes))); }

double number_of(const XmlElement& element, std::string_view name) { return std::strtod(std::string(attribute(element.attributes, name).substr(0, 40)).c_str(), nullptr); }

/// A whole number; 0 where there is none.
std::uint64_t whole(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::uint64_t whole(const XmlElement& element, std::string_view name) { return whole(attribute(element.attributes, name)); }

/// Distance of two elements in µm; 0 where it is not told.
double step_um(const XmlElement& dimension) {
  const double steps = number_of(dimension, "NumberOfElements") - 1;
  const std::string_view unit = attribute(dimension.attributes, "Unit");
  const double um = unit == "m" ? 1e6 : unit == "mm" ? 1e3 : unit == "um" || unit == "µm" || unit == "micron" ? 1 : unit == "nm" ? 1e-3 : 0;
  const double step = steps > 0 ? std::abs(number_of(dimension, "Length")) * um / steps : 0;
  return step > 1e-6 && step < 1e6 ? step : 0;
}

/// Reads one image. Raises: kUnsupportedFeature for one that is not read, kCorrupt.
class ImageReader {
 public:
  ImageReader(const XmlElements& xml, const XmlElement& element, const XmlElement& image) : xml_(xml), element_(element), image_(image) {}

  LifImage read(const std::string& name) {
    LifImage found;
    const XmlElement* memory = xml_.child(element_, "Memory");
    if (!memory) throw corrupt("an image has no pixels");
    found.block = value_of(*memory, "MemoryBlockID");
    found.series.name = name;
    read_dimensions(found);
    read_channels(found);
    const Level& tile = found.series.levels[0];
    found.places = read_lif_places(xml_, image_, found.series.x_um, found.series.y_um, count_of(found.axes.tiles), kMaxSide - std::max(tile.width_px, tile.height_px));
    return found;
  }

 private:
  static Error corrupt(const std::string& how) { return Error(ErrorCode::kCorrupt, "the LIF file is damaged (" + how + ")"); }

  struct Dimension {
    std::uint64_t id;
    LifAxis axis;
    double um;
  };

  void read_dimensions(LifImage& found) {
    const XmlElement* list = xml_.descend(image_, {"ImageDescription", "Dimensions"});
    if (!list) throw corrupt("an image has no size");
    std::vector<Dimension> dimensions;
    for (const XmlElement* one = xml_.first_child(*list); one; one = xml_.next(*one)) {
      if (one->name != "DimensionDescription") continue;
      const std::uint64_t count = whole(*one, "NumberOfElements");
      if (count < 1 || count > static_cast<std::uint64_t>(kMaxSide)) throw corrupt("an image has a size that no image has");
      if (dimensions.size() >= kMaxDimensions) throw Error(ErrorCode::kUnsupportedFeature, "it has more dimensions than are read");
      dimensions.push_back({whole(*one, "DimID"), {static_cast<std::int64_t>(count), whole(*one, "BytesInc")}, step_um(*one)});
    }
    // What is nearer in memory runs faster.
    std::stable_sort(dimensions.begin(), dimensions.end(), [](const Dimension& a, const Dimension& b) { return a.axis.bytes < b.axis.bytes; });
    const auto take = [&](std::uint64_t id) {
      const auto at = std::find_if(dimensions.begin(), dimensions.end(), [&](const Dimension& one) { return one.id == id; });
      if (at == dimensions.end()) return Dimension{0, {}, 0};
      const Dimension taken = *at;
      dimensions.erase(at);
      return taken;
    };
    const Dimension x = take(kX);
    Dimension y = take(kY);
    // Scans of one line into depth or over time have no y.
    if (y.id == 0) y = take(kZ);
    if (y.id == 0) y = take(kT);
    if (x.id == 0) throw Error(ErrorCode::kUnsupportedFeature, "it has no rows of pixels");
    found.axes.x = x.axis;
    found.axes.y = y.axis;
    Series& series = found.series;
    series.levels = {{x.axis.count, y.axis.count}};
    series.x_um = x.um;
    series.y_um = y.id == kT ? 0 : y.um;
    for (const Dimension& one : dimensions) {
      if (one.axis.count == 1) continue;
      (one.id == kZ ? found.axes.z : one.id == kSpectrum ? found.axes.spectrum : one.id == kTiles ? found.axes.tiles : found.axes.t).push_back(one.axis);
      if (one.id == kZ) series.z_um = one.um;
    }
    if (count_of(found.axes.z) * count_of(found.axes.t) > kMaxPlanes) throw corrupt("an image has more planes than any image has");
    series.z = static_cast<int>(count_of(found.axes.z));
    series.t = static_cast<int>(count_of(found.axes.t));
  }

  void read_channels(LifImage& found) {
    struct Stored {
      std::uint64_t tag, bits, offset;
      bool is_float;
      std::string name;
    };
    const XmlElement* list = xml_.descend(image_, {"ImageDescription", "Channels"});
    std::vector<Stored> stored;
    for (const XmlElement* one = list ? xml_.first_child(*list) : nullptr; one; one = xml_.next(*one)) {
      if (one->name != "ChannelDescription") continue;
      stored.push_back({whole(*one, "ChannelTag"), whole(*one, "Resolution"), whole(*one, "BytesInc"), whole(*one, "DataType") == 1, name_of(*one)});
    }
    if (stored.empty() || static_cast<std::int64_t>(stored.size()) > kMaxChannels) throw corrupt("an image has no channels");
    Series& series = found.series;
    const Stored& first = stored.front();
    const auto alike = [&](const Stored& one) { return one.is_float == first.is_float && (one.bits + 7) / 8 == (first.bits + 7) / 8; };
    if (!std::all_of(stored.begin(), stored.end(), alike)) throw Error(ErrorCode::kUnsupportedFeature, "its channels are of different types");
    if (first.is_float ? first.bits != 32 : first.bits < 1 || first.bits > 16) throw Error(ErrorCode::kUnsupportedFeature, "it has " + std::to_string(first.bits) + " bits a sample");
    series.type = first.is_float ? SampleType::kFloat32 : first.bits <= 8 ? SampleType::kUint8 : SampleType::kUint16;
    series.bits = static_cast<int>(first.bits);

    // Red, green and blue, in whatever order, are one channel of colours.
    bool colours = stored.size() % 3 == 0;
    for (std::size_t i = 0; i < stored.size() && colours; i += 3) {
      std::array<std::uint64_t, 3> tags{stored[i].tag, stored[i + 1].tag, stored[i + 2].tag};
      std::sort(tags.begin(), tags.end());
      colours = tags == std::array<std::uint64_t, 3>{1, 2, 3};
    }
    series.samples = colours ? 3 : 1;
    series.channels.clear();
    const auto step = static_cast<std::size_t>(series.samples);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < stored.size(); i += step) {
      if (colours) std::sort(stored.begin() + static_cast<std::ptrdiff_t>(i), stored.begin() + static_cast<std::ptrdiff_t>(i + 3), [](const Stored& a, const Stored& b) { return a.tag < b.tag; });
      std::vector<std::uint64_t> offsets;
      for (std::size_t s = 0; s < step; ++s) offsets.push_back(stored[i + s].offset);
      found.samples.push_back(std::move(offsets));
      names.push_back(colours ? "" : stored[i].name);
    }
    const std::int64_t steps = count_of(found.axes.spectrum);
    if (steps > kMaxChannels / static_cast<std::int64_t>(names.size())) throw corrupt("an image has more channels than any image has");
    for (const std::string& name : names) {
      for (std::int64_t k = 0; k < steps; ++k) series.channels.push_back({steps == 1 ? name : name + (name.empty() ? "step " : " step ") + std::to_string(k + 1), 0});
    }
  }

  /// The dye, or what else names a channel.
  std::string name_of(const XmlElement& channel) {
    for (const XmlElement* property = xml_.first_child(channel); property; property = xml_.next(*property)) {
      const XmlElement *key = xml_.child(*property, "Key"), *value = xml_.child(*property, "Value");
      if (key && value && key->text == "DyeName" && !value->text.empty()) return clean_text(xml_unescaped(value->text.substr(0, kMaxValueBytes)));
    }
    const std::string measured = value_of(channel, "NameOfMeasuredQuantity");
    return measured.empty() ? value_of(channel, "LUTName") : measured;
  }

  static constexpr std::uint64_t kX = 1, kY = 2, kZ = 3, kT = 4, kSpectrum = 5, kTiles = 10;

  const XmlElements& xml_;
  const XmlElement& element_;
  const XmlElement& image_;
};

/// Ticks of 100 ns since 1601 as a date.
std::string file_time(std::uint64_t ticks) { return utc_text(static_cast<double>(ticks) / 1e7 - 11'644'473'600.0); }

Mark mark_of(std::string_view name, bool& listed) {
  const auto has = [&](std::initializer_list<std::string_view> parts) { return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return name.find(part) != name.npos; }); };
  listed = true;
  if (has({"UserName", "Operator", "LoginName", "Experimenter"})) return Mark::kPerson;
  if (has({"Serial", "ComputerName", "HostName", "MachineName", "SystemName", "CameraName"})) return Mark::kDevice;
  if (has({"StartTime", "EndTime", "CreationDate", "AcquisitionDate"})) return Mark::kTime;
  if (has({"Comment", "UserDef", "UserSetting", "Description"}) || name == "Path") return Mark::kText;
  listed = name == "MicroscopeModel" || name == "ObjectiveName" || name == "Objective" || name == "Magnification" || name == "NumericalAperture" || name == "RefractionIndex" || name == "Software" ||
           name == "SoftwareVersion" || name == "SystemTypeName" || name == "DataSourceTypeName" || name == "Immersion";
  return Mark::kNone;
}

/// The content as it is found.
class ContentReader {
 public:
  explicit ContentReader(const XmlElements& xml) : xml_(xml) {}

  LifContent read() {
    const double version = number_of(xml_.root(), "Version");
    content_.version = version == 1 ? 1 : version == 2 ? 2 : 0;
    for (const XmlElement* project = xml_.first_child(xml_.root()); project; project = xml_.next(*project)) {
      if (project->name != "Element") continue;
      add("Project", value_of(*project, "Name"), Mark::kText);
      visit(*project, "", true);
    }
    list(xml_.root());
    content_.tags = tags_.take().tags;
    return std::move(content_);
  }

 private:
  /// An element and those within it; the first is the project, whose name is not part of the path.
  void visit(const XmlElement& element, const std::string& folder, bool is_project) {
    const std::string own = value_of(element, "Name");
    const std::string path = is_project ? "" : clean_text(folder.empty() ? own : folder + "/" + own);
    if (const XmlElement* image = xml_.descend(element, {"Data", "Image"})) {
      try {
        add_image(ImageReader(xml_, element, *image).read(path.empty() ? own : path));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kUnsupportedFeature) throw;
        leave_out(own, error.what());
      }
    } else if (xml_.descend(element, {"Data", "SingleMoleculeDetection"})) {
      leave_out(own, "it holds the arrival of single photons");
    }
    if (const XmlElement* children = xml_.child(element, "Children")) {
      for (const XmlElement* child = xml_.first_child(*children); child; child = xml_.next(*child)) {
        if (child->name == "Element") visit(*child, path, false);
      }
    }
  }

  void add_image(LifImage image) {
    channels_ += static_cast<std::int64_t>(image.series.channels.size()) * count_of(image.axes.tiles);
    if (content_.images.size() >= kMaxImages || channels_ > kMaxChannels) throw Error(ErrorCode::kTooLarge, "the LIF file has more images and channels than are read");
    content_.images.push_back(std::move(image));
  }

  void leave_out(const std::string& name, const std::string& why) {
    if (content_.problem.empty()) content_.problem = why;
    if (content_.notes.size() < 20) content_.notes.push_back("The image \"" + name + "\" is not read: " + why + ".");
  }

  void add(std::string_view name, std::string value, Mark mark) {
    if (value.empty() || left_ <= 0 || tags_.has(name, value)) return;
    tags_.add("LIF", name, std::move(value), mark);
    --left_;
  }

  /// What a person would look for, and what tells of a person, wherever it stands.
  void list(const XmlElement& element) {
    if (left_ <= 0 || looked_at_++ >= kMaxLookedAt) return;
    if (element.name == "Element") add("Image or folder", value_of(element, "Name"), Mark::kText);
    if (element.name == "TimeStamp") {
      // One for each plane: the first tells the day.
      add_time(whole(element, "HighInteger") << 32 | (whole(element, "LowInteger") & 0xffffffff));
      return;
    }
    if (element.name == "TimeStampList" && !element.text.empty()) {
      std::uint64_t ticks = 0;
      const auto begin = std::find_if_not(element.text.begin(), element.text.end(), is_xml_space);
      std::from_chars(element.text.data() + (begin - element.text.begin()), element.text.data() + element.text.size(), ticks, 16);
      add_time(ticks);
      return;
    }
    std::string_view rest = element.attributes;
    while (const auto one = take_attribute(rest)) {
      bool listed = false;
      const Mark mark = mark_of(one->name, listed);
      if (listed) add(one->name, clean_text(xml_unescaped(one->value.substr(0, 8 * kMaxValueBytes))), mark);
    }
    // Settings that are elements with a name and a value.
    bool listed = false;
    const std::string identifier = value_of(element, "Identifier");
    const Mark mark = mark_of(identifier, listed);
    if (listed) add(identifier, value_of(element, "Variant"), mark);
    if (const Mark own = mark_of(element.name, listed); listed && element.name != "Element") add(element.name, clean_text(xml_unescaped(element.text.substr(0, 8 * kMaxValueBytes))), own);
    for (const XmlElement* child = xml_.first_child(element); child; child = xml_.next(*child)) {
      list(*child);
      if (child->name == "TimeStamp") break;
    }
  }

  void add_time(std::uint64_t ticks) {
    if (ticks > 100'000'000'000'000'000) add("Time", file_time(ticks), Mark::kTime);
  }

  const XmlElements& xml_;
  LifContent content_;
  TagList tags_;
  std::int64_t channels_ = 0;
  int left_ = kMaxListed, looked_at_ = 0;
};

}  // namespace

std::int64_t count_of(const std::vector<LifAxis>& axes) {
  std::int64_t count = 1;
  for (const LifAxis& axis : axes) {
    if (axis.count > kMaxPlanes / count) throw Error(ErrorCode::kCorrupt, "the LIF file is damaged (an image has more planes than any image has)");
    count *= axis.count;
  }
  return count;
}

LifContent read_lif_content(const XmlElements& xml) { return ContentReader(xml).read(); }

}  // namespace cytodrop
