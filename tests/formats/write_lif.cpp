#include "write_lif.h"

#include "write_bytes.h"

namespace cytodrop::test {
namespace {

std::string quoted(const std::string& name, const std::string& value) {
  std::string all = " ";
  return all.append(name).append("=\"").append(value).append("\"");
}

std::string quoted(const std::string& name, std::uint64_t value) { return quoted(name, std::to_string(value)); }

std::string element(const LifWrittenImage& image) {
  std::string xml = "<Element" + quoted("Name", image.name) + "><Data><Image TextDescription=\"cells of Jane's mouse\"><ImageDescription><Channels>";
  const LifWrittenAxis* channels = nullptr;
  for (const LifWrittenAxis& axis : image.axes) {
    if (axis.id == 0) channels = &axis;
  }
  for (std::size_t i = 0; i < image.tags.size(); ++i) {
    xml += "<ChannelDescription" + quoted("DataType", image.is_float ? 1 : 0) + quoted("ChannelTag", static_cast<std::uint64_t>(image.tags[i])) + quoted("Resolution", static_cast<std::uint64_t>(image.bits)) +
           " NameOfMeasuredQuantity=\"\" Min=\"0\" Max=\"255\" Unit=\"\"" + quoted("LUTName", i == 0 ? "Gray" : "Green") + " IsLUTInverted=\"0\"" + quoted("BytesInc", channels ? i * channels->bytes : 0) + " BitInc=\"0\">";
    if (i == 1) xml += "<ChannelProperty><Key>DyeName</Key><Value>Alexa &amp; 488</Value></ChannelProperty>";
    xml += "</ChannelDescription>";
  }
  xml += "</Channels><Dimensions>";
  for (const LifWrittenAxis& axis : image.axes) {
    if (axis.id == 0) continue;
    const bool is_length = axis.id <= 3;
    // From the first to the last: 0.25 µm apart in x and y, 0.5 µm in z.
    const double length = is_length ? (axis.id == 3 ? 5e-7 : 2.5e-7) * (axis.count - 1) : axis.count - 1;
    xml += "<DimensionDescription" + quoted("DimID", static_cast<std::uint64_t>(axis.id)) + quoted("NumberOfElements", static_cast<std::uint64_t>(axis.count)) + " Origin=\"0\"" + quoted("Length", std::to_string(length * 1e9) + "e-9") +
           quoted("Unit", is_length ? "m" : axis.id == 4 ? "s" : "") + quoted("BitInc", 0) + quoted("BytesInc", axis.bytes) + "/>";
  }
  xml += "</Dimensions></ImageDescription><TimeStampList>1d7b48ca2d4f000 1d7b48ca2d4f001</TimeStampList>"
         "<Attachment Name=\"HardwareSetting\" Software=\"LAS X 3.5\"><ATLConfocalSettingDefinition MicroscopeModel=\"DMI6000\" ObjectiveName=\"HC PL APO 63x\" SystemSerialNumber=\"8100001234\">"
         "<ScannerSettingRecord Identifier=\"csUserName\" Variant=\"jdoe\"/></ATLConfocalSettingDefinition></Attachment></Image></Data>"
         "<Memory" + quoted("Size", image.pixels.size()) + quoted("MemoryBlockID", image.block) + "/></Element>";
  for (auto folder = image.folders.rbegin(); folder != image.folders.rend(); ++folder) {
    xml = "<Element" + quoted("Name", *folder) + "><Data><Collection/></Data><Memory Size=\"0\" MemoryBlockID=\"MemBlock_0\"/><Children>" + xml + "</Children></Element>";
  }
  return xml;
}

}  // namespace

LifWrittenImage lif_image(LifWrittenImage image) {
  const auto bytes = static_cast<std::uint64_t>(image.bits > 16 ? 4 : image.bits > 8 ? 2 : 1);
  std::uint64_t step = bytes;
  for (LifWrittenAxis& axis : image.axes) {
    axis.bytes = step;
    step *= static_cast<std::uint64_t>(axis.count);
    if (axis.id == 1) step += static_cast<std::uint64_t>(image.row_padding_bytes);
  }
  image.pixels = counted_samples(static_cast<std::size_t>(step / bytes), static_cast<int>(8 * bytes), static_cast<unsigned>(image.name.size() + image.block.size()));
  return image;
}

std::string lif_xml(const std::vector<LifWrittenImage>& images, int version) {
  std::string xml = "<LMSDataContainerHeader" + quoted("Version", static_cast<std::uint64_t>(version)) +
                    "><Element Name=\"Project\" UniqueID=\"1\"><Data><Experiment Path=\"C:\\Users\\jdoe\\a.lif\"><TimeStamp HighInteger=\"30915404\" LowInteger=\"2731864064\"/></Experiment></Data>"
                    "<Memory Size=\"0\" MemoryBlockID=\"MemBlock_0\"/><Children>";
  for (const LifWrittenImage& image : images) xml += element(image);
  return xml + "</Children></Element></LMSDataContainerHeader>";
}

FileBytes make_lif(const std::vector<LifWrittenImage>& images, int version, const std::string& xml) {
  FileBytes out;
  put(out, std::uint32_t{0x70});
  put(out, static_cast<std::uint32_t>(5 + 2 * xml.size()));
  out.push_back(0x2a);
  put(out, static_cast<std::uint32_t>(xml.size()));
  put_utf16(out, xml);
  const auto block = [&](const std::string& id, const FileBytes& data) {
    put(out, std::uint32_t{0x70});
    put(out, static_cast<std::uint32_t>((version == 2 ? 14 : 10) + 2 * id.size()));
    out.push_back(0x2a);
    if (version == 2) put(out, static_cast<std::uint64_t>(data.size()));
    else put(out, static_cast<std::uint32_t>(data.size()));
    out.push_back(0x2a);
    put(out, static_cast<std::uint32_t>(id.size()));
    put_utf16(out, id);
    put_all(out, data);
  };
  block("MemBlock_0", {});
  for (const LifWrittenImage& image : images) block(image.block, image.pixels);
  return out;
}

FileBytes make_lif(const std::vector<LifWrittenImage>& images, int version) { return make_lif(images, version, lif_xml(images, version)); }

std::map<std::string, LifWritten> lif_examples() {
  const LifWrittenAxis x{1, 5}, y{2, 4}, z{3, 3}, t{4, 2}, two{0, 2}, three{0, 3}, spectrum{5, 3}, rotation{6, 2}, tiles{10, 3};
  std::map<std::string, LifWritten> all;
  const auto add = [&](const std::string& name, LifWrittenImage image, int version = 2) { all[name] = {{lif_image(std::move(image))}, version}; };
  add("plain", {.axes = {x, y}});
  add("version_1", {.axes = {x, y, z}}, 1);
  add("twelve_bits", {.axes = {x, y}, .bits = 12});
  add("sixteen_bits", {.axes = {x, y}, .bits = 16});
  add("floats", {.axes = {x, y, z}, .bits = 32, .is_float = true});
  add("channels", {.axes = {x, y, two, z, t}, .tags = {0, 0}});
  add("channels_outside", {.axes = {x, y, z, two}, .tags = {0, 0}, .bits = 16});
  add("channels_side_by_side", {.axes = {two, x, y}, .tags = {0, 0}, .bits = 16});
  add("rgb", {.axes = {three, x, y}, .tags = {1, 2, 3}});
  add("bgr", {.axes = {three, x, y}, .tags = {3, 2, 1}});
  add("rgb_16", {.axes = {three, x, y, z}, .tags = {1, 2, 3}, .bits = 16});
  add("rgb_planes", {.axes = {x, y, three}, .tags = {1, 2, 3}});
  add("rgb_padded", {.axes = {three, x, y}, .tags = {1, 2, 3}, .row_padding_bytes = 3});
  add("times", {.axes = {x, y, t, z}});
  add("columns", {.axes = {y, x}, .bits = 16});
  add("depth_first", {.axes = {z, x, y}});
  add("spectrum", {.axes = {x, y, spectrum}});
  add("spectrum_and_channels", {.axes = {x, y, two, spectrum}, .tags = {0, 0}});
  add("rotations", {.axes = {x, y, rotation, t}});
  add("tiles", {.axes = {x, y, z, tiles}});
  add("no_rows", {.axes = {x, {3, 4}}});
  LifWrittenImage second{.name = "Second", .folders = {"Slide", "Region"}, .axes = {{1, 7}, {2, 3}}, .bits = 16, .block = "MemBlock_22"};
  all["several"] = {{lif_image({.axes = {x, y}}), lif_image(second)}, 2};
  return all;
}

}  // namespace cytodrop::test
