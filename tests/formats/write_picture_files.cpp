// write_picture_files FOLDER: the pictures of the tests (GIF, JPEG 2000, JPEG XL, WebP) as files, for tests that read them elsewhere.
#include <filesystem>
#include <fstream>

#include "write_pictures.h"

using namespace cytodrop::test;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (const auto& [name, bytes] : picture_examples()) {
    const std::string ending = name.substr(0, name.find('-'));
    std::ofstream(std::filesystem::path(argv[1]) / (name + "." + ending), std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
}
