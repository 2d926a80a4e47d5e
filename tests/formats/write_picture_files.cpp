// write_picture_files FOLDER: the pictures (GIF, JPEG 2000, JPEG XL, TIFF, WebP) and slides (NDPI) of the tests as files, for tests that read them elsewhere.
#include <filesystem>
#include <fstream>

#include "write_ndpi.h"
#include "write_pictures.h"

using namespace cytodrop::test;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto write = [&](const std::string& name, const FileBytes& bytes) {
    std::ofstream(std::filesystem::path(argv[1]) / name, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  for (const auto& [name, bytes] : picture_examples()) write(name + "." + name.substr(0, name.find('-')), bytes);
  for (const auto& [name, bytes] : ndpi_examples()) write(name + ".ndpi", bytes);
}
