#include "core/formats/dicom_facts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr DicomTag kShared = 0x52009229, kEachFrame = 0x52009230, kOpticalPaths = 0x00480105;
constexpr std::size_t kMaxFrames = 1'000'000, kMaxPaths = 100;

[[noreturn]] void not_read(const std::string& what) { throw Error(ErrorCode::kUnsupportedFeature, what); }

class Collector final : public DicomListener {
 public:
  Collector(Source& source, DicomFacts& facts, std::vector<Tag>& tags) : source_(source), facts_(facts), tags_(tags) {}

  std::string transfer_syntax;
  std::string float_pixels;
  bool has_frame_time = false;
  double slice_thickness_mm = 0;

  void element(const std::vector<DicomPlace>& places, const DicomElement& element) override {
    const bool little = element.tag >> 16 == 2 || facts_.syntax.little;
    list_dicom_element(source_, places, element, little, tags_);
    little_ = little;
    if (places.empty()) {
      take_own(element);
    } else if (places[0].sequence == kShared || places[0].sequence == kEachFrame) {
      // What holds for the first frame counts for all.
      if (places[0].sequence == kShared || places[0].item == 0) take_measure(element);
      take_place(places[0].sequence == kShared ? 0 : static_cast<std::size_t>(places[0].item), places[0].sequence == kEachFrame, element);
    } else if (places.size() == 1 && places[0].sequence == kOpticalPaths) {
      take_path(static_cast<std::size_t>(places[0].item), element);
    }
  }

 private:
  std::string text(const DicomElement& element) const { return dicom_text(source_, element, 256); }
  std::vector<double> numbers(const DicomElement& element, std::size_t most) const { return dicom_numbers(source_, element, little_, most); }

  /// A whole number; what is none becomes -1, which the checks refuse.
  std::int64_t number(const DicomElement& element) const {
    const std::vector<double> all = numbers(element, 1);
    return all.empty() || !(std::fabs(all[0]) < 9e15) ? -1 : static_cast<std::int64_t>(all[0]);
  }

  void take_own(const DicomElement& e) {
    switch (e.tag) {
      case 0x00020010: transfer_syntax = text(e); break;
      case 0x00080008: facts_.image_type = third_word(text(e)); break;
      case 0x00181063: case 0x00181065: has_frame_time = e.length > 0; break;
      case 0x00280002: facts_.samples = number(e); break;
      case 0x00280004: facts_.colours = text(e); break;
      case 0x00280006: facts_.planar = number(e); break;
      case 0x00280008: if (e.length > 0) facts_.frames = number(e); break;
      case 0x00280010: facts_.rows = number(e); break;
      case 0x00280011: facts_.columns = number(e); break;
      case 0x00280100: facts_.allocated = number(e); break;
      case 0x00280101: facts_.stored = number(e); has_stored_ = true; break;
      case 0x00280102: facts_.high_bit = number(e); has_high_bit_ = true; break;
      case 0x00280103: facts_.is_signed = number(e) == 1; break;
      case 0x00281101: case 0x00281102: case 0x00281103: facts_.palette_layout[(e.tag & 3) - 1] = e; break;
      case 0x00281201: case 0x00281202: case 0x00281203: facts_.palette[(e.tag & 3) - 1] = e; break;
      case 0x00281221: facts_.segmented_palette = true; break;
      case 0x00209162: facts_.part = number(e); break;
      case 0x00209163: facts_.parts = number(e); break;
      case 0x00209228: facts_.first_frame = number(e); break;
      case 0x00209311: facts_.sparse = text(e) == "TILED_SPARSE"; break;
      case 0x00480006: facts_.total_columns = number(e); break;
      case 0x00480007: facts_.total_rows = number(e); break;
      case 0x00480302: facts_.optical_paths = number(e); break;
      case 0x00480303: facts_.focal_planes = number(e); break;
      case 0x3004000c: facts_.is_stack = e.length > 0; take_offsets(e); break;
      case 0x7fe00001: facts_.offsets = e; break;
      case 0x7fe00002: facts_.lengths = e; break;
      case 0x7fe00008: float_pixels = "floats"; break;
      case 0x7fe00009: float_pixels = "doubles"; break;
      case 0x7fe00010: facts_.pixels = e; break;
      default: take_measure(e);
    }
    if (e.tag == 0x00280100) {
      if (!has_stored_) facts_.stored = facts_.allocated;
    }
    if ((e.tag == 0x00280100 || e.tag == 0x00280101) && !has_high_bit_) facts_.high_bit = facts_.stored - 1;
  }

  /// Dose grids give the place of each plane.
  void take_offsets(const DicomElement& e) {
    const std::vector<double> all = numbers(e, 2);
    if (all.size() == 2) facts_.z_mm = std::fabs(all[1] - all[0]);
  }

  void take_measure(const DicomElement& e) {
    const auto first = [&] { return numbers(e, 1); };
    const auto spacing = [&](bool weaker) {
      const std::vector<double> all = numbers(e, 2);
      if (all.size() < 2 || !(all[0] > 0) || !(all[1] > 0) || (weaker && facts_.x_mm > 0)) return;
      facts_.y_mm = all[0];
      facts_.x_mm = all[1];
    };
    if (e.tag == 0x00280030) spacing(false);
    if (e.tag == 0x00181164 || e.tag == 0x00182010) spacing(true);
    if (e.tag == 0x00180050) {
      if (const auto all = first(); !all.empty() && all[0] > 0) slice_thickness_mm = all[0];
    }
    if (e.tag == 0x00180088) {
      if (const auto all = first(); !all.empty() && all[0] != 0) {
        facts_.z_mm = std::fabs(all[0]);
        facts_.is_stack = true;
      }
    }
    if (e.tag == 0x00281052 || e.tag == 0x00281053) {
      if (const auto all = first(); !all.empty()) (e.tag == 0x00281052 ? facts_.intercept : facts_.slope) = all[0];
    }
  }

  void take_place(std::size_t frame, bool own, const DicomElement& e) {
    if (e.tag != 0x0048021e && e.tag != 0x0048021f && e.tag != 0x0040074a && e.tag != 0x00480106) return;
    if (!own || frame >= kMaxFrames) return;
    if (frame >= facts_.places.size()) facts_.places.resize(frame + 1);
    DicomFramePlace& place = facts_.places[frame];
    if (e.tag == 0x0048021e) place.column = number(e);
    if (e.tag == 0x0048021f) place.row = number(e);
    if (e.tag == 0x0040074a) {
      if (const auto all = numbers(e, 1); !all.empty()) place.z_um = all[0];
    }
    if (e.tag == 0x00480106) place.path = path_number(text(e));
  }

  int path_number(const std::string& identifier) {
    const auto found = std::find(facts_.paths.begin(), facts_.paths.end(), identifier);
    if (found != facts_.paths.end()) return static_cast<int>(found - facts_.paths.begin());
    if (facts_.paths.size() >= kMaxPaths) dicom_damaged("it names too many optical paths");
    facts_.paths.push_back(identifier);
    return static_cast<int>(facts_.paths.size() - 1);
  }

  void take_path(std::size_t item, const DicomElement& e) {
    if (item >= kMaxPaths) return;
    if (e.tag == 0x00480106) path_number(text(e));
    if (e.tag == 0x00480107) {
      if (facts_.path_names.size() <= item) facts_.path_names.resize(item + 1);
      facts_.path_names[item] = clean_text(text(e));
    }
  }

  static std::string third_word(const std::string& words) {
    std::size_t from = 0;
    for (int i = 0; i < 2; ++i) {
      from = words.find('\\', from);
      if (from == std::string::npos) return {};
      ++from;
    }
    return words.substr(from, words.find('\\', from) - from);
  }

  Source& source_;
  DicomFacts& facts_;
  std::vector<Tag>& tags_;
  bool little_ = true, has_stored_ = false, has_high_bit_ = false;
};

void take_transfer_syntax(const std::string& uid, DicomFacts& facts) {
  const std::string_view root = "1.2.840.10008.1.2";
  if (uid.empty()) dicom_damaged("it does not say how it is written");
  if (!uid.starts_with(root)) not_read("the DICOM file is written in a way of its maker's own");
  const std::string_view kind = std::string_view(uid).substr(root.size());
  using enum DicomCodec;
  if (kind.empty()) facts.syntax.is_explicit = false;
  else if (kind == ".1" || kind == ".1.98") facts.codec = kNone;
  else if (kind == ".1.99") facts.deflated = true;
  else if (kind == ".2") facts.syntax.little = false;
  else if (kind == ".5") facts.codec = kRle;
  else if (kind == ".4.50" || kind == ".4.51") facts.codec = kJpeg;
  else if (kind == ".4.57" || kind == ".4.70") facts.codec = kLosslessJpeg;
  else if (kind == ".4.80" || kind == ".4.81") facts.codec = kJpegLs;
  else if (kind == ".4.90" || kind == ".4.91" || kind == ".4.201" || kind == ".4.202" || kind == ".4.203") facts.codec = kJpeg2000;
  else if (kind == ".4.110" || kind == ".4.111" || kind == ".4.112") facts.codec = kJpegXl;
  else if (kind == ".4.92" || kind == ".4.93") not_read("the DICOM file is compressed as JPEG 2000 part 2, which is not read");
  else if (kind.starts_with(".4.10")) not_read("the DICOM file holds a video, which is not read; export its frames");
  else not_read("the DICOM file is compressed in a way that is not read (" + clean_text(uid) + ")");
}

void check(const DicomFacts& facts) {
  if (facts.pixels.tag == 0) not_read("the DICOM file has no pixels");
  if (facts.rows < 1 || facts.columns < 1 || facts.rows > 65535 || facts.columns > 65535) dicom_damaged("it states no valid size");
  if (facts.frames < 1 || facts.frames > static_cast<std::int64_t>(kMaxFrames)) dicom_damaged("it states no valid number of frames");
  if (facts.samples != 1 && facts.samples != 3) not_read("the DICOM file has " + std::to_string(facts.samples) + " samples a pixel; 1 or 3 are read");
  const std::int64_t bits = facts.allocated;
  if (bits != 1 && bits != 8 && bits != 16 && bits != 32) not_read("the DICOM file has " + std::to_string(bits) + " bits a sample; 1, 8, 16 or 32 are read");
  if (facts.stored < 1 || facts.stored > bits || facts.high_bit < facts.stored - 1 || facts.high_bit >= bits) dicom_damaged("its bits contradict each other");
  if (bits == 1 && (facts.codec != DicomCodec::kNone || !facts.syntax.little || facts.samples != 1)) not_read("the DICOM file has single bits in an order that is not read");
  if (bits == 32 && facts.samples == 3) not_read("the DICOM file has colours of 32 bits, which are not read");
  if (facts.planar != 0 && facts.planar != 1) dicom_damaged("its colours are in no order that exists");

  const std::string& colours = facts.colours;
  const bool grey = colours == "MONOCHROME1" || colours == "MONOCHROME2" || facts.has_palette();
  const bool rgb = colours == "RGB" || colours == "YBR_FULL" || colours == "YBR_FULL_422" || colours == "YBR_ICT" || colours == "YBR_RCT";
  if (!grey && !rgb) not_read("the DICOM file has its colours as " + clean_text(colours) + ", which is not read");
  if (grey != (facts.samples == 1)) dicom_damaged("its colours and its samples a pixel contradict each other");
  if (colours.starts_with("YBR") && facts.allocated != 8) not_read("the DICOM file has brightness and colour differences of more than 8 bits, which are not read");
  if (rgb && facts.is_signed) dicom_damaged("its colours are signed");
  if (facts.has_palette()) {
    if (facts.segmented_palette) not_read("the DICOM file has a segmented palette, which is not read");
    if (facts.is_signed || facts.allocated > 16 || facts.allocated == 1) not_read("the DICOM file has a palette for such samples, which is not read");
    for (const DicomElement& part : facts.palette) {
      if (part.tag == 0) dicom_damaged("it has no palette");
    }
  }
  constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
  if (facts.total_columns < 0 || facts.total_rows < 0 || facts.total_columns > kLargest || facts.total_rows > kLargest) dicom_damaged("it states no valid size of the whole slide");
  if (facts.first_frame < 0 || facts.first_frame > static_cast<std::int64_t>(kMaxFrames)) dicom_damaged("it states no valid number of frames before it");
  const std::int64_t frames = facts.first_frame + facts.frames;
  if (facts.focal_planes < 1 || facts.optical_paths < 1 || facts.focal_planes > frames || facts.optical_paths > frames / facts.focal_planes) {
    dicom_damaged("it states more planes than it has frames");
  }
}

}  // namespace

DicomFacts read_dicom_facts(std::shared_ptr<Source>& source, std::vector<Tag>& tags) {
  DicomFacts facts;
  constexpr std::uint64_t kAfterPrefix = 132;
  const auto meta = [&](std::string& uid) {
    Collector first(*source, facts, tags);
    const std::uint64_t end = DicomWalk(*source, first).meta(kAfterPrefix);
    uid = first.transfer_syntax;
    return end;
  };
  std::string uid;
  std::uint64_t at = meta(uid);
  take_transfer_syntax(uid, facts);
  if (facts.deflated) {
    source = inflate_dicom(*source, at);
    at = 0;
  }
  Collector collector(*source, facts, tags);
  DicomWalk(*source, collector).dataset(at, facts.syntax);
  if (facts.pixels.tag == 0 && !collector.float_pixels.empty()) not_read("the DICOM file has its pixels as " + collector.float_pixels + ", which are not read");
  if (facts.z_mm == 0 && collector.slice_thickness_mm > 0 && !collector.has_frame_time) {
    facts.z_mm = collector.slice_thickness_mm;
    facts.is_stack = true;
  }
  check(facts);
  return facts;
}

}  // namespace cytodrop
