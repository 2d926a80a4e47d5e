#include "write_nd2.h"

#include <algorithm>

#include "write_bytes.h"

namespace cytodrop::test {
namespace {

Nd2Item number(const std::string& name, double value, int type = 3) { return {.name = name, .type = type, .number = value}; }
Nd2Item text(const std::string& name, const std::string& value) { return {.name = name, .type = 8, .text = value}; }
/// A name and a number: appended, since GCC 12 warns of an overlap in `"a" + std::to_string(i)` where there is none.
std::string numbered(std::string name, int number) { return name.append(std::to_string(number)); }
Nd2Item level(const std::string& name, std::vector<Nd2Item> items) { return {.name = name, .items = std::move(items)}; }

/// With its highest point in the middle.
Nd2Item spectrum(const std::string& name, double nm) {
  std::vector<Nd2Item> points;
  for (int i = 0; i < 3; ++i) {
    points.push_back(level(numbered("Point", i), {number("eType", 1), number("dWavelength", nm + 10 * (i - 1), 6), number("dTValue", i == 1 ? 1 : 0.5, 6)}));
  }
  return level(name, {number("uiCount", 3), number("bPoints", 1, 1), level("pPoint", points)});
}

Nd2Item attributes(const Nd2Written& file) {
  const int row = file.width_px * file.components * file.bits / 8 + file.row_padding_bytes;
  return level("SLxImageAttributes", {number("uiWidth", file.width_px), number("uiWidthBytes", row), number("uiHeight", file.height_px), number("uiComp", file.components),
                                      number("uiBpcInMemory", file.bits), number("uiBpcSignificant", file.significant_bits ? file.significant_bits : file.bits),
                                      number("uiSequenceCount", file.frames), number("eCompression", file.deflated ? 0 : 2, 2), number("dCompressionParam", 0, 6)});
}

Nd2Item picture(const Nd2Written& file) {
  std::vector<Nd2Item> planes;
  for (int i = 0; i < file.planes; ++i) {
    Nd2Item filters = level("pFilterPath", {number("m_uiCount", 0)});
    Nd2Item probe = level("pFluorescentProbe", {text("m_sName", "Dye"), spectrum("m_ExcitationSpectrum", 400 + 50 * i), spectrum("m_EmissionSpectrum", 450 + 50 * i)});
    planes.push_back(level(numbered("a", i), {number("uiCompCount", file.components / file.planes), number("uiSampleIndex", i), text("sDescription", numbered("Channel ", i + 1)), filters, probe}));
  }
  return level("SLxPictureMetadata",
               {number("dTimeAbsolute", 2459486.101500081, 6), number("bCalibrated", 1, 1), number("dCalibration", file.pixel_um, 6), number("dObjectiveNA", 0.75, 6),
                number("dObjectiveMag", -1, 6), text("wsObjectiveName", "Plan Apo 20x"), number("dZoom", 0.7, 6),
                level("sPicturePlanes",
                      {number("uiCount", file.planes), number("uiCompCount", file.components), level("sPlaneNew", planes),
                       level("sSampleSetting", {level("a0", {level("pCameraSetting", {text("CameraUniqueName", "DS-Fi3_SN_116955"), text("CameraUserName", "Camera of Jane")})})})})});
}

Nd2Item loop_parameters(const Nd2WrittenLoop& loop) {
  std::vector<Nd2Item> items{number("uiCount", loop.count)};
  const std::vector<Nd2Item> times{number("uiCount", loop.count), number("dStart", 0, 6), number("dPeriod", 1000, 6), number("dDuration", 60'000, 6)};
  if (loop.type == 1) items = times;
  if (loop.type == 2) {
    std::vector<Nd2Item> points;
    for (std::size_t i = 0; i < loop.names.size(); ++i) {
      points.push_back(level("", {number("dPosX", static_cast<double>(i) * 100.5, 6), number("dPosY", -3, 6), number("dPosZ", 7, 6), number("dPFSOffset", -1, 6), text("dPosName", loop.names[i])}));
    }
    items.push_back(level("Points", points));
    items.push_back(number("bUseZ", 1, 1));
  }
  if (loop.type == 4) items.insert(items.end(), {number("dZLow", -2, 6), number("dZHigh", 2, 6), number("dZStep", loop.step_um, 6), number("iType", 0), text("wsZDevice", "Ti2 ZDrive")});
  // Two periods, of which the first has all frames but one, and one that is not valid.
  if (loop.type == 8) {
    auto period = [&](int count) {
      std::vector<Nd2Item> own = times;
      own[0].number = count;
      return level("", own);
    };
    items.push_back(level("pPeriod", {period(loop.count - 1), period(99), period(1)}));
    items.push_back({.name = "pPeriodValid", .type = 9, .bytes = {1, 0, 1}});
  }
  return level("uLoopPars", items);
}

Nd2Item experiment(const std::vector<Nd2WrittenLoop>& loops, std::size_t at, const std::string& name) {
  std::vector<Nd2Item> items{number("eType", loops[at].type), text("wsApplicationDesc", ""), text("wsUserDesc", at == 0 ? "Jane's experiment" : ""), loop_parameters(loops[at])};
  if (!loops[at].valid.empty()) items.push_back({.name = "pItemValid", .type = 9, .bytes = loops[at].valid});
  if (at + 1 < loops.size()) items.push_back(level("ppNextLevelEx", {experiment(loops, at + 1, "")}));
  return level(name, items);
}

Nd2Item texts() {
  return level("SLxImageTextInfo", {text("TextInfoItem_4", "Jane Doe"), text("TextInfoItem_5", "Cells of a mouse"), text("TextInfoItem_8", "Basel"), text("TextInfoItem_9", "9/28/2021  10:26:09 AM"),
                                    text("TextInfoItem_13", "Plan Apo 20x"), text("TextInfoItem_14", "NIS-Elements AR 5.21")});
}

FileBytes metadata(const Nd2Written& file, const Nd2Item& item) {
  FileBytes bytes;
  if (file.xml) {
    put_text(bytes, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<variant version=\"1.0\">" + nd2_xml(item) + "</variant>");
    return bytes;
  }
  if (!file.deflated_metadata) return nd2_lv(item);
  bytes = {'L', 0};
  bytes.resize(12);
  put_all(bytes, zlib_stored(nd2_lv(item)));
  return bytes;
}

}  // namespace

FileBytes nd2_lv(const Nd2Item& item) {
  FileBytes out{static_cast<std::uint8_t>(item.type), static_cast<std::uint8_t>(item.name.size() + 1)};
  put_utf16(out, item.name);
  put_utf16(out, std::string_view("\0", 1));
  switch (item.type) {
    case 1: out.push_back(item.number != 0); break;
    case 2: put(out, static_cast<std::int32_t>(item.number)); break;
    case 3: put(out, static_cast<std::uint32_t>(item.number)); break;
    case 4: put(out, static_cast<std::int64_t>(item.number)); break;
    case 5: put(out, static_cast<std::uint64_t>(item.number)); break;
    case 6: put(out, item.number); break;
    case 8:
      put_utf16(out, item.text);
      put_utf16(out, std::string_view("\0", 1));
      break;
    case 9:
      put(out, static_cast<std::uint64_t>(item.bytes.size()));
      put_all(out, item.bytes);
      break;
    default: {
      FileBytes inner;
      std::vector<std::uint64_t> places;
      for (const Nd2Item& one : item.items) {
        places.push_back(out.size() + 12 + inner.size());
        put_all(inner, nd2_lv(one));
      }
      put(out, static_cast<std::uint32_t>(item.items.size()));
      put(out, static_cast<std::uint64_t>(out.size() + 8 + inner.size()));
      put_all(out, inner);
      for (const std::uint64_t place : places) put(out, place);
    }
  }
  return out;
}

std::string nd2_xml(const Nd2Item& item) {
  constexpr const char* kTypes[] = {"", "bool", "lx_int32", "lx_uint32", "lx_int64", "lx_uint64", "double", "", "CLxStringW"};
  const std::string name = item.name.empty() || item.name.starts_with("SLx") ? "no_name" : item.name;
  std::string inside;
  if (item.type == 9) {
    for (std::size_t i = 0; i < item.bytes.size(); ++i) {
      const std::string own = "_0" + std::to_string(i);
      inside += "<" + own + " runtype=\"bool\" value=\"" + (item.bytes[i] ? "true" : "false") + "\"/>";
    }
  } else if (item.type == 11) {
    for (const Nd2Item& one : item.items) inside += nd2_xml(one);
  } else {
    std::string value = item.type == 8 ? item.text : item.type == 1 ? (item.number != 0 ? "true" : "false") : std::to_string(item.number);
    if (item.type >= 2 && item.type <= 5) value = std::to_string(static_cast<long long>(item.number));
    for (std::size_t at = value.find('\''); at != value.npos; at = value.find('\'', at + 1)) value.replace(at, 1, "&apos;");
    return "<" + name + " runtype=\"" + kTypes[item.type] + "\" value=\"" + value + "\"/>";
  }
  return "<" + name + " runtype=\"CLxListVariant\">" + inside + "</" + name + ">";
}

FileBytes nd2_frame(const Nd2Written& file, int frame) {
  return counted_samples(static_cast<std::size_t>(file.width_px * file.height_px * file.components), file.bits, static_cast<unsigned>(frame + 1));
}

void put_nd2_chunk(FileBytes& file, FileBytes& map, const std::string& name, const FileBytes& data, std::size_t name_bytes) {
  put_text(map, name);
  put(map, static_cast<std::uint64_t>(file.size()));
  put(map, static_cast<std::uint64_t>(data.size()));
  put(file, std::uint32_t{0x0ABECEDA});
  put(file, static_cast<std::uint32_t>(std::max(name_bytes, name.size())));
  put(file, static_cast<std::uint64_t>(data.size()));
  put_text(file, name);
  if (name.size() < name_bytes) file.resize(file.size() + name_bytes - name.size());
  put_all(file, data);
}

FileBytes make_nd2(const Nd2Written& file) {
  FileBytes out, map, ignored;
  FileBytes version;
  put_text(version, file.xml ? "Ver2.1" : "Ver3.0");
  version.resize(64);
  put_nd2_chunk(out, ignored, "ND2 FILE SIGNATURE CHUNK NAME01!", version, 32);
  const auto add = [&](const std::string& name, const FileBytes& data) { put_nd2_chunk(out, map, name, data, name.size() + 7); };
  const std::string lv = file.xml ? "" : "LV";
  add("ImageAttributes" + lv + "!", metadata(file, attributes(file)));
  for (int frame = 0; frame < file.frames + file.beyond; ++frame) {
    FileBytes data(8), rows;
    const FileBytes pixels = nd2_frame(file, frame);
    const std::size_t row = pixels.size() / static_cast<std::size_t>(file.height_px);
    for (std::size_t at = 0; at < pixels.size(); at += row) {
      rows.insert(rows.end(), pixels.begin() + static_cast<std::ptrdiff_t>(at), pixels.begin() + static_cast<std::ptrdiff_t>(at + row));
      rows.insert(rows.end(), static_cast<std::size_t>(file.row_padding_bytes), 0xee);
    }
    put_all(data, file.deflated ? zlib_stored(rows) : rows);
    const bool is_missing = std::find(file.missing.begin(), file.missing.end(), frame) != file.missing.end();
    put_nd2_chunk(out, is_missing ? ignored : map, "ImageDataSeq|" + std::to_string(frame) + "!", data, file.name_bytes);
    if (frame == 0) add("ImageMetadataSeq" + lv + "|0!", metadata(file, picture(file)));
  }
  if (!file.loops.empty()) add("ImageMetadata" + lv + "!", metadata(file, experiment(file.loops, 0, "SLxExperiment")));
  add("ImageTextInfo" + lv + "!", metadata(file, texts()));
  add("CustomDataVar|AppInfo_V1_0!", metadata(file, level("AppInfo", {text("SWNameString", "NIS-Elements AR"), text("VersionString", "5.21.03")})));
  add("CustomData|AcqTimesCache!", FileBytes(static_cast<std::size_t>(8 * file.frames)));
  const std::uint64_t map_at = out.size();
  FileBytes list = map;
  put_text(list, "ND2 CHUNK MAP SIGNATURE 0000001!");
  put(list, map_at);
  put_nd2_chunk(out, ignored, "ND2 FILEMAP SIGNATURE NAME 0001!", list, 40);
  return out;
}

std::map<std::string, Nd2Written> nd2_examples() {
  const Nd2WrittenLoop time{.count = 2}, places{.type = 2, .count = 3, .names = {"A01", "Site", "C03"}}, depth{.type = 4, .count = 3, .step_um = 0.5}, spectrum_loop{.type = 6};
  return {
      {"plain", {}},
      {"eight_bits", {.bits = 8}},
      {"twelve_bits", {.significant_bits = 12}},
      {"floats", {.bits = 32}},
      {"channels", {.components = 3, .planes = 3, .bits = 8}},
      {"rgb", {.components = 3, .bits = 8}},
      {"rgb_16", {.components = 3, .significant_bits = 14}},
      {"two_rgb", {.components = 6, .planes = 2, .bits = 8}},
      {"padded", {.components = 1, .bits = 8, .row_padding_bytes = 3}},
      {"deflated", {.components = 2, .planes = 2, .deflated = true}},
      {"deflated_padded", {.width_px = 301, .height_px = 123, .row_padding_bytes = 2, .deflated = true, .deflated_metadata = true}},
      {"loops", {.components = 2, .planes = 2, .deflated_metadata = true, .loops = {time, places, depth, spectrum_loop}, .frames = 18}},
      {"z_outside", {.bits = 8, .loops = {depth, places, time}, .frames = 18}},
      {"spectrum_within", {.bits = 8, .loops = {time, spectrum_loop, depth}, .frames = 6}},
      {"some_positions", {.bits = 8, .loops = {{.type = 2, .count = 3, .names = {"A01", "B02", "C03"}, .valid = {1, 0, 1}}}, .frames = 2}},
      {"periods", {.bits = 8, .loops = {{.type = 8, .count = 5}, depth}, .frames = 15}},
      {"custom", {.bits = 8, .loops = {{.type = 7, .count = 4}}, .frames = 4}},
      {"no_experiment", {.bits = 8, .frames = 4}},
      {"missing", {.bits = 8, .loops = {depth}, .frames = 3, .missing = {1}}},
      {"beyond", {.bits = 8, .loops = {depth}, .frames = 3, .beyond = 2}},
      {"xml", {.components = 2, .planes = 2, .xml = true, .loops = {time, places, depth}, .frames = 18}},
      {"xml_periods", {.xml = true, .loops = {{.type = 8, .count = 4}}, .frames = 4}},
  };
}

}  // namespace cytodrop::test
