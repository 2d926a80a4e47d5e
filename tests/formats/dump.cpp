// dump_image_file FILE [FOLDER [LEFT,TOP,WIDTH,HEIGHT]]: prints series, channels and sizes as JSON; writes the pixels of each plane of each level, as they lie in memory, to FOLDER as
// SERIES_CHANNEL_Z_T_LEVEL.raw, or of that region only.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/formats/image_file.h"

using namespace cytodrop;

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string path = argv[1];
  auto stream = std::make_shared<std::ifstream>(path, std::ios::binary);
  std::uint64_t bytes_read = 0;
  const auto source = std::make_shared<BlockSource>(std::filesystem::file_size(path), [stream, &bytes_read](std::uint64_t at, std::span<std::uint8_t> to) {
    stream->clear();
    bytes_read += to.size();
    stream->seekg(static_cast<std::streamoff>(at));
    return static_cast<bool>(stream->read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size())));
  });
  std::optional<Box> region;
  if (argc > 3) {
    Box box;
    char comma = 0;
    std::istringstream(argv[3]) >> box.left_px >> comma >> box.top_px >> comma >> box.width_px >> comma >> box.height_px;
    region = box;
  }
  try {
    const auto file = open_image_file(source);
    if (!file) {
      std::cerr << "of no format that is read here\n";
      return 1;
    }
    nlohmann::json all = nlohmann::json::array();
    for (std::size_t s = 0; s < file->series().size(); ++s) {
      const Series& series = file->series()[s];
      nlohmann::json channels = nlohmann::json::array(), levels = nlohmann::json::array();
      for (const Channel& channel : series.channels) channels.push_back({{"name", channel.name}, {"wavelength_nm", channel.wavelength_nm}});
      for (const Level& level : series.levels) levels.push_back({level.width_px, level.height_px});
      all.push_back({{"name", series.name}, {"levels", levels}, {"channels", channels}, {"z", series.z}, {"t", series.t}, {"samples", series.samples},
                     {"type", series.type == SampleType::kUint8 ? "uint8" : series.type == SampleType::kUint16 ? "uint16" : "float32"}, {"bits", series.bits},
                     {"um", {series.x_um, series.y_um, series.z_um}}});
      if (argc < 3) continue;
      for (std::size_t c = 0; c < series.channels.size(); ++c) {
        for (int t = 0; t < series.t; ++t) {
          for (int z = 0; z < series.z; ++z) {
            for (std::size_t l = 0; l < series.levels.size(); ++l) {
              const Image image = file->read({.series = static_cast<int>(s), .channel = static_cast<int>(c), .z = z, .t = t, .level = static_cast<int>(l), .region = region});
              const std::string name = std::to_string(s) + "_" + std::to_string(c) + "_" + std::to_string(z) + "_" + std::to_string(t) + "_" + std::to_string(l) + ".raw";
              std::ofstream(std::filesystem::path(argv[2]) / name, std::ios::binary)
                  .write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.row_stride_bytes() * static_cast<std::size_t>(image.height_px())));
            }
          }
        }
      }
    }
    TagList tags;
    file->list_tags(tags);
    nlohmann::json said = nlohmann::json::array();
    for (const Tag& tag : tags.take().tags) said.push_back({tag.group, tag.name, tag.value, std::string(to_string(tag.mark))});
    std::cout << nlohmann::json{{"format", std::string(to_string(file->format()))}, {"series", all}, {"tags", said}, {"damaged", file->damaged()}, {"bytes_read", bytes_read}}.dump(1) << '\n';
  } catch (const Error& error) {
    std::cerr << to_string(error.code()) << ": " << error.what() << '\n';
    return 1;
  }
}
