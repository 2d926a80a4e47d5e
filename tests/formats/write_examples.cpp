// write_image_files FOLDER: writes the files that the tests' writers make, for tests that read them with other readers of the field.
#include <filesystem>
#include <fstream>

#include "write_czi.h"

using namespace cytodrop::test;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  for (const auto& [name, bytes] : czi_examples()) {
    std::ofstream(folder / (name + ".czi"), std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
}
