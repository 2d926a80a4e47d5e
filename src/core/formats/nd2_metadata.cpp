#include "core/formats/nd2_metadata.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/formats/utc_text.h"

namespace cytodrop {
namespace {

constexpr std::int64_t kMaxFrames = 10'000'000;
constexpr std::size_t kMaxLoops = 8;
constexpr std::size_t kMaxPositions = 100'000;

/// A whole number from 0 to kMaxFrames.
std::int64_t count_of(const Nd2Value& values, std::string_view name) {
  const double count = values.number_of(name, 0);
  if (!(count >= 0 && count <= static_cast<double>(kMaxFrames))) throw Error(ErrorCode::kCorrupt, "the ND2 file is damaged (it states a number of frames that no file has)");
  return static_cast<std::int64_t>(count);
}

/// Which of some items are valid; all where nothing is said.
bool is_valid(const Nd2Value* valid, std::size_t index) {
  if (!valid) return true;
  if (!valid->bytes.empty()) return index < valid->bytes.size() && valid->bytes[index] != 0;
  if (!valid->items.empty()) return index < valid->items.size() && valid->items[index].number != 0;
  return true;
}

enum Type { kTimeLoop = 1, kPositionLoop = 2, kZLoop = 4, kSpectrumLoop = 6, kCustomLoop = 7, kPeriodsLoop = 8 };

struct Nested {
  Nd2Loop loop;
  int type;
  int level;
};

Nd2Loop position_loop(const Nd2Value& parameters, const Nd2Value* valid) {
  Nd2Loop loop{.kind = Nd2Loop::Kind::kPosition};
  const Nd2Value* points = parameters.find("Points");
  // Older ones have one list of each coordinate.
  if (!points) points = parameters.find("dPosX");
  if (points) {
    if (points->items.size() > kMaxPositions) throw Error(ErrorCode::kTooLarge, "the ND2 file has more than " + std::to_string(kMaxPositions) + " positions");
    for (std::size_t i = 0; i < points->items.size(); ++i) {
      if (!is_valid(valid, i)) continue;
      const std::string name = points->items[i].text_of("dPosName");
      loop.names.push_back(name.empty() ? points->items[i].text_of("pPosName") : name);
    }
  }
  loop.count = static_cast<std::int64_t>(loop.names.size());
  return loop;
}

Nd2Loop z_loop(const Nd2Value& parameters) {
  Nd2Loop loop{.kind = Nd2Loop::Kind::kZ, .count = count_of(parameters, "uiCount"), .step_um = std::abs(parameters.number_of("dZStep", 0))};
  if (loop.step_um == 0 && loop.count > 1) loop.step_um = std::abs(parameters.number_of("dZHigh", 0) - parameters.number_of("dZLow", 0)) / static_cast<double>(loop.count - 1);
  return loop;
}

/// Periods of time one after the other, each of a pace of its own.
Nd2Loop periods_loop(const Nd2Value& parameters) {
  Nd2Loop loop{.count = 0};
  const Nd2Value* periods = parameters.find("pPeriod");
  for (std::size_t i = 0; periods && i < periods->items.size(); ++i) {
    if (is_valid(parameters.find("pPeriodValid"), i)) loop.count = std::min(loop.count + count_of(periods->items[i], "uiCount"), kMaxFrames);
  }
  return loop;
}

/// Loops lie in each other; those beside each other are variants of one, of which the longest counts.
void add_loops(const Nd2Value& experiment, int level, std::vector<Nested>& loops) {
  const Nd2Value* parameters = experiment.find("uLoopPars");
  if (!parameters) return;
  if (parameters->items.size() == 1 && (parameters->items.front().name.empty() || parameters->items.front().name.starts_with("i00"))) parameters = &parameters->items.front();
  const int type = static_cast<int>(count_of(experiment, "eType"));
  Nd2Loop loop;
  switch (type) {
    case kTimeLoop: case kCustomLoop: loop.count = count_of(*parameters, "uiCount"); break;
    case kPositionLoop: loop = position_loop(*parameters, experiment.find("pItemValid")); break;
    case kZLoop: loop = z_loop(*parameters); break;
    case kPeriodsLoop: loop = periods_loop(*parameters); break;
    // Its planes are the channels.
    case kSpectrumLoop: break;
    default: return;
  }
  if (loop.count == 0) return;
  if (type == kSpectrumLoop) {
    --level;
  } else if (loops.empty() || loops.back().level < level) {
    if (loops.size() >= kMaxLoops) throw Error(ErrorCode::kUnsupportedFeature, "the ND2 file has more loops in each other than are read");
    loops.push_back({std::move(loop), type, level});
  } else if (loops.back().level == level && loops.back().type == type && loops.back().loop.count < loop.count) {
    loops.back().loop = std::move(loop);
  }
  // A period may have loops of its own.
  if (const Nd2Value* periods = parameters->find("pSubLoops"); periods && !periods->items.empty()) {
    const Nd2Value* inner = periods->items.front().find("ppNextLevelEx");
    if (inner && !inner->items.empty()) {
      const Nd2Value* named = inner->items.front().find("SLxExperiment");
      add_loops(named ? *named : inner->items.front(), level + 1, loops);
    }
  }
  const Nd2Value* inner = experiment.find("ppNextLevelEx");
  for (std::size_t i = 0; inner && i < inner->items.size(); ++i) add_loops(inner->items[i], level + 1, loops);
}

/// Where a spectrum is highest, in nm; 0 where there is none.
double highest(const Nd2Value* spectrum) {
  const Nd2Value* points = spectrum ? spectrum->find("pPoint") : nullptr;
  double most = -1, at = 0;
  for (std::size_t i = 0; points && i < points->items.size(); ++i) {
    const double height = points->items[i].number_of("dTValue", 0);
    if (height > most) {
      most = height;
      at = points->items[i].number_of("dWavelength", 0);
    }
  }
  return at > 1 && at < 1e5 ? at : 0;
}

double emission_nm(const Nd2Value& plane) {
  const double probe = highest(plane.descend({"pFluorescentProbe", "m_EmissionSpectrum"}));
  if (probe > 0) return probe;
  const Nd2Value* filters = plane.descend({"pFilterPath", "m_pFilter"});
  return filters && !filters->items.empty() ? highest(filters->items.front().find("m_EmissionSpectrum")) : 0;
}

std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

struct Known {
  std::string_view value;
  std::string_view name;
  Mark mark = Mark::kNone;
};

constexpr Known kKnown[] = {
    {"TextInfoItem_0", "Image ID", Mark::kText},
    {"TextInfoItem_1", "Type", Mark::kText},
    {"TextInfoItem_2", "Group", Mark::kPerson},
    {"TextInfoItem_3", "Sample ID", Mark::kText},
    {"TextInfoItem_4", "Author", Mark::kPerson},
    {"TextInfoItem_5", "Description", Mark::kText},
    {"TextInfoItem_6", "Capturing", Mark::kText},
    {"TextInfoItem_7", "Sampling", Mark::kText},
    {"TextInfoItem_8", "Location", Mark::kPlace},
    {"TextInfoItem_9", "Date", Mark::kTime},
    {"TextInfoItem_10", "Conclusion", Mark::kText},
    {"TextInfoItem_11", "Info 1", Mark::kText},
    {"TextInfoItem_12", "Info 2", Mark::kText},
    {"TextInfoItem_13", "Optics"},
    {"TextInfoItem_14", "Software"},
    {"wsObjectiveName", "Objective"},
    {"dObjectiveMag", "Objective magnification"},
    {"dObjectiveNA", "Objective numerical aperture"},
    {"dRefractIndex1", "Refractive index"},
    {"dZoom", "Zoom"},
    {"dTimeAbsolute", "Time", Mark::kTime},
    {"dExposureTime", "Exposure in ms"},
    {"CameraFamilyName", "Camera"},
    {"CameraUniqueName", "Camera's own name", Mark::kDevice},
    {"CameraUserName", "Camera's name by the user", Mark::kDevice},
    {"wsCameraName", "Camera's name", Mark::kDevice},
    {"m_sMicroscopeFullName0", "Microscope"},
    {"m_sMicroscopeShortName0", "Microscope in short"},
    {"sOpticalConfigName", "Optical configuration", Mark::kText},
    {"wsZDevice", "Z drive", Mark::kDevice},
    {"wsApplicationDesc", "Application's description", Mark::kText},
    {"wsUserDesc", "User's description", Mark::kText},
    {"wsCommandBeforeLoop", "Command before a loop", Mark::kText},
    {"wsCommandAfterLoop", "Command after a loop", Mark::kText},
    {"wsCommandBeforeCapture", "Command before a capture", Mark::kText},
    {"wsCommandAfterCapture", "Command after a capture", Mark::kText},
    {"wsCommandBeforePeriod", "Command before a period", Mark::kText},
    {"wsCommandAfterPeriod", "Command after a period", Mark::kText},
    {"dPosName", "Position", Mark::kText},
    {"pPosName", "Position", Mark::kText},
    {"SWNameString", "Software"},
    {"m_SWNameString", "Software"},
    {"m_VersionString", "Software version"},
    {"VersionString", "Software version"},
    {"m_LicenceString", "Licence", Mark::kDevice},
    {"m_HostName", "Computer", Mark::kDevice},
    {"m_UserName", "User", Mark::kPerson},
};

constexpr int kMaxListed = 200;

void list(const Nd2Value& value, TagList& tags, int& left) {
  if (left <= 0) return;
  if (const auto* known = std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& one) { return one.value == value.name; }); known != std::end(kKnown)) {
    std::string text = value.text;
    // Numbers that are not known are stored as 0 or -1.
    if (value.kind == Nd2Value::Kind::kNumber && value.number > 0) text = known->mark == Mark::kTime ? (value.number > 2e6 && value.number < 4e6 ? utc_text((value.number - 2440587.5) * 86400) : "") : short_number(value.number);
    if (!text.empty() && !tags.has(known->name, text)) {
      tags.add("ND2", known->name, std::move(text), known->mark);
      --left;
    }
  }
  for (const Nd2Value& item : value.items) list(item, tags, left);
}

}  // namespace

std::vector<Nd2Loop> nd2_loops(const Nd2Value& experiment) {
  std::vector<Nested> nested;
  add_loops(experiment, 0, nested);
  std::vector<Nd2Loop> loops;
  std::int64_t frames = 1;
  for (Nested& one : nested) {
    if (one.loop.count > kMaxFrames / frames) throw Error(ErrorCode::kCorrupt, "the ND2 file is damaged (it states a number of frames that no file has)");
    frames *= one.loop.count;
    loops.push_back(std::move(one.loop));
  }
  return loops;
}

std::vector<Channel> nd2_channels(const Nd2Value& picture, int components, int& samples) {
  std::vector<Channel> channels;
  const auto count = static_cast<std::size_t>(components);
  const Nd2Value* planes = picture.descend({"sPicturePlanes", "sPlaneNew"});
  if (!planes || planes->items.empty()) planes = picture.descend({"sPicturePlanes", "sPlane"});
  const std::size_t plane_count = planes ? planes->items.size() : components == 3 ? 1 : 0;
  samples = plane_count * 3 == count ? 3 : 1;
  for (std::size_t i = 0; planes && i < planes->items.size() && channels.size() < count; ++i) {
    const Nd2Value& plane = planes->items[i];
    // Where cameras of colours and of greys are mixed, each number is a channel.
    const double own = samples == 3 ? 1 : plane.number_of("uiCompCount", 1);
    for (double k = 0; k < own && channels.size() < count; ++k) channels.push_back({plane.text_of("sDescription"), samples == 3 ? 0 : emission_nm(plane)});
  }
  channels.resize(count / static_cast<std::size_t>(samples));
  return channels;
}

void list_nd2_values(const Nd2Value& values, TagList& tags) {
  int left = kMaxListed;
  list(values, tags, left);
}

}  // namespace cytodrop
