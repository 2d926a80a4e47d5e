// write_dicom_files FOLDER: the files of write_dicom_examples.cpp, for tests that compare them with another reader (tests/python/test_formats_dicom.py).
#include <fstream>

#include "write_dicom.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (const auto& [name, bytes] : cytodrop::test::dicom_examples()) {
    if (name.starts_with("refused")) continue;
    std::ofstream(std::filesystem::path(argv[1]) / (name + ".dcm"), std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
}
