// write_format_files FOLDER: writes the example files of the formats' writers, for tests that read them with other readers of the field.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "write_lif.h"
#include "write_nd2.h"

using namespace cytodrop::test;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  int count = 0;
  const auto write = [&](const std::string& name, const FileBytes& bytes) {
    std::ofstream(folder / name, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    ++count;
  };
  for (const auto& [name, file] : nd2_examples()) write(name + ".nd2", make_nd2(file));
  for (const auto& [name, file] : lif_examples()) write(name + ".lif", make_lif(file.images, file.version));
  std::cout << count << " files\n";
}
