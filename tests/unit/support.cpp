#include "support.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace cytodrop::test {
namespace {

void append(FileBytes& to, const FileBytes& from) { to.insert(to.end(), from.begin(), from.end()); }

FileBytes be32(std::uint32_t v) {
  return {static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16), static_cast<std::uint8_t>(v >> 8),
          static_cast<std::uint8_t>(v)};
}

FileBytes le32(std::uint32_t v) {
  FileBytes b = be32(v);
  return {b.rbegin(), b.rend()};
}

// Bit by bit on purpose: an independent twin of the table-driven CRC in the core.
std::uint32_t crc32(const FileBytes& data) {
  std::uint32_t c = ~0u;
  for (const std::uint8_t byte : data) {
    c ^= byte;
    for (int k = 0; k < 8; ++k) c = (c & 1) ? 0xedb88320u ^ (c >> 1) : c >> 1;
  }
  return ~c;
}

FileBytes zlib_stored(const FileBytes& data) {
  FileBytes out{0x78, 0x01};
  std::uint32_t a = 1, b = 0;
  for (const std::uint8_t byte : data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  for (std::size_t at = 0; at < data.size() || at == 0;) {
    const std::size_t length = std::min<std::size_t>(65535, data.size() - at);
    out.push_back(at + length == data.size());
    const auto n = static_cast<std::uint16_t>(length), inverse = static_cast<std::uint16_t>(~n);
    append(out, {static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(inverse),
                 static_cast<std::uint8_t>(inverse >> 8)});
    out.insert(out.end(), data.begin() + static_cast<std::ptrdiff_t>(at),
               data.begin() + static_cast<std::ptrdiff_t>(at + length));
    at += length;
    if (length == 0) break;
  }
  append(out, be32(b << 16 | a));
  return out;
}

}  // namespace

std::filesystem::path source_dir() { return CYTODROP_SOURCE_DIR; }

FileBytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::filesystem::path> shipped_classifiers() {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "models")) {
    const std::filesystem::path spec = entry.path() / "spec.json";
    if (std::filesystem::exists(spec) && nlohmann::json::parse(read_file(spec)).value("kind", "classifier") == "classifier") folders.push_back(entry.path());
  }
  return folders;
}

std::vector<float> read_floats(const std::filesystem::path& path) {
  const FileBytes bytes = read_file(path);
  std::vector<float> values(bytes.size() / sizeof(float));
  if (values.empty()) throw std::runtime_error("no values in " + path.string());
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

FileBytes png_chunk(const std::string& type, const FileBytes& data) {
  FileBytes body(type.begin(), type.end());
  append(body, data);
  FileBytes chunk = be32(static_cast<std::uint32_t>(data.size()));
  append(chunk, body);
  append(chunk, be32(crc32(body)));
  return chunk;
}

FileBytes make_png(int width_px, int height_px, int bits, int colour_type, const FileBytes& samples) {
  FileBytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  FileBytes header = be32(static_cast<std::uint32_t>(width_px));
  append(header, be32(static_cast<std::uint32_t>(height_px)));
  append(header, {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(colour_type), 0, 0, 0});
  append(file, png_chunk("IHDR", header));
  FileBytes rows;
  const std::size_t row_bytes = height_px > 0 ? samples.size() / static_cast<std::size_t>(height_px) : 0;
  for (std::size_t y = 0; y < static_cast<std::size_t>(height_px); ++y) {
    rows.push_back(0);
    rows.insert(rows.end(), samples.begin() + static_cast<std::ptrdiff_t>(y * row_bytes),
                samples.begin() + static_cast<std::ptrdiff_t>((y + 1) * row_bytes));
  }
  append(file, png_chunk("IDAT", zlib_stored(rows)));
  append(file, png_chunk("IEND", {}));
  return file;
}

FileBytes make_bmp(int width_px, int height_px, std::uint8_t fill) {
  const auto row_bytes = static_cast<std::uint32_t>((width_px * 3 + 3) / 4 * 4);
  FileBytes file{'B', 'M'};
  append(file, le32(54 + row_bytes * static_cast<std::uint32_t>(height_px)));
  append(file, le32(0));
  append(file, le32(54));
  append(file, le32(40));
  append(file, le32(static_cast<std::uint32_t>(width_px)));
  append(file, le32(static_cast<std::uint32_t>(height_px)));
  append(file, {1, 0, 24, 0});
  for (int i = 0; i < 6; ++i) append(file, le32(0));
  file.resize(file.size() + row_bytes * static_cast<std::size_t>(height_px), fill);
  return file;
}

FileBytes make_tiff(const std::vector<TiffPage>& pages, bool big_endian, bool big_tiff) {
  FileBytes file;
  const auto put = [&](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) file.push_back(static_cast<std::uint8_t>(value >> 8 * (big_endian ? bytes - 1 - i : i)));
  };
  const int word = big_tiff ? 8 : 4;
  file.assign(2, big_endian ? 'M' : 'I');
  put(big_tiff ? 43 : 42, 2);
  if (big_tiff) put(8, 2), put(0, 2);
  put(file.size() + static_cast<std::size_t>(word), word);
  for (std::size_t p = 0; p < pages.size(); ++p) {
    const TiffPage& page = pages[p];
    struct Entry {
      int tag, type;
      std::uint64_t count;
      FileBytes bytes;
    };
    std::vector<Entry> entries;
    const auto number = [&](int tag, int type, std::uint64_t value) {
      FileBytes saved;
      saved.swap(file);
      put(value, type == 3 ? 2 : 4);
      entries.push_back({tag, type, 1, file});
      file.swap(saved);
    };
    number(256, 4, static_cast<std::uint64_t>(page.width_px));
    number(257, 4, static_cast<std::uint64_t>(page.height_px));
    for (const auto& [tag, value] : {std::pair{259, 1}, {262, page.photometric}, {277, page.samples}}) number(tag, 3, static_cast<std::uint64_t>(value));
    for (const auto& [tag, value] : {std::pair{258, page.bits}, {339, page.format}}) {
      number(tag, 3, static_cast<std::uint64_t>(value));
      Entry& entry = entries.back();
      const FileBytes one = entry.bytes;
      for (; entry.count < static_cast<std::uint64_t>(page.samples); ++entry.count) entry.bytes.insert(entry.bytes.end(), one.begin(), one.end());
    }
    number(273, 4, 0);
    number(278, 4, static_cast<std::uint64_t>(page.height_px));
    number(279, 4, page.pixels.size());
    for (const TiffEntry& extra : page.extra) {
      const std::size_t size = extra.type <= 2 || extra.type == 7 ? 1 : extra.type == 3 ? 2 : extra.type == 4 ? 4 : 8;
      entries.push_back({extra.tag, extra.type, extra.value.size() / size, extra.value});
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.tag < b.tag; });

    std::size_t data_at = file.size() + (big_tiff ? 8u : 2u) + entries.size() * (big_tiff ? 20u : 12u) + static_cast<std::size_t>(word);
    for (Entry& entry : entries) {
      if (entry.tag == 273) {
        std::size_t pixels_at = data_at;
        for (const Entry& other : entries) pixels_at += other.bytes.size() > static_cast<std::size_t>(word) ? other.bytes.size() + other.bytes.size() % 2 : 0;
        FileBytes saved;
        saved.swap(file);
        put(pixels_at, 4);
        entry.bytes = file;
        file.swap(saved);
      }
    }
    FileBytes data;
    put(entries.size(), big_tiff ? 8 : 2);
    for (const Entry& entry : entries) {
      put(static_cast<std::uint64_t>(entry.tag), 2);
      put(static_cast<std::uint64_t>(entry.type), 2);
      put(entry.count, word);
      if (entry.bytes.size() <= static_cast<std::size_t>(word)) {
        file.insert(file.end(), entry.bytes.begin(), entry.bytes.end());
        file.insert(file.end(), static_cast<std::size_t>(word) - entry.bytes.size(), 0);
      } else {
        put(data_at + data.size(), word);
        data.insert(data.end(), entry.bytes.begin(), entry.bytes.end());
        if (data.size() % 2) data.push_back(0);
      }
    }
    std::size_t next = data_at + data.size() + page.pixels.size();
    next += next % 2;
    put(p + 1 < pages.size() ? next : 0, word);
    file.insert(file.end(), data.begin(), data.end());
    file.insert(file.end(), page.pixels.begin(), page.pixels.end());
    if (file.size() % 2) file.push_back(0);
  }
  return file;
}

FileBytes make_safetensors(const std::vector<TestTensor>& tensors) {
  nlohmann::json header;
  std::size_t offset = 0;
  for (const TestTensor& tensor : tensors) {
    const std::size_t end = offset + (tensor.halves.empty() ? tensor.values.size() * sizeof(float) : tensor.halves.size() * 2);
    header[tensor.name] = {{"dtype", tensor.halves.empty() ? "F32" : "F16"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  const std::string text = header.dump();
  FileBytes file = le32(static_cast<std::uint32_t>(text.size()));
  append(file, {0, 0, 0, 0});
  file.insert(file.end(), text.begin(), text.end());
  for (const TestTensor& tensor : tensors) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(tensor.halves.empty() ? static_cast<const void*>(tensor.values.data()) : tensor.halves.data());
    file.insert(file.end(), bytes, bytes + (tensor.halves.empty() ? tensor.values.size() * sizeof(float) : tensor.halves.size() * 2));
  }
  return file;
}

Image noise_image(int width_px, int height_px, int channels, SampleType type, unsigned seed) {
  Image image(width_px, height_px, channels, type);
  std::mt19937 random(seed);
  const std::size_t samples = static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px) *
                              static_cast<std::size_t>(channels);
  for (std::size_t i = 0; i < samples; ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(random());
    if (type == SampleType::kUint8) {
      image.data()[i] = static_cast<std::byte>(bits >> 24);
    } else if (type == SampleType::kUint16) {
      const auto value = static_cast<std::uint16_t>(bits >> 16);
      std::memcpy(image.data() + 2 * i, &value, 2);
    } else {
      const float value = static_cast<float>(bits >> 8) / 16777216.0f;
      std::memcpy(image.data() + 4 * i, &value, 4);
    }
  }
  return image;
}

Error error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  throw std::runtime_error("an Error was expected and none came");
}

}  // namespace cytodrop::test
