// Writes the seed corpus: `fuzz_seeds FOLDER` fills FOLDER/<harness> with small files that reach every branch of a parser and
// with the files of this repository.

#include <fstream>
#include <iostream>

#include "coded_pixels.h"
#include "onnx_writer.h"
#include "support.h"
#include "write_czi.h"
#include "write_lif.h"
#include "write_nd2.h"
#include "write_ndpi.h"
#include "write_dicom.h"
#include "write_pictures.h"
#include "write_zarr.h"

using namespace cytodrop::test;
namespace fs = std::filesystem;

namespace {

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& harness, const FileBytes& content) {
    fs::create_directories(folder_ / harness);
    std::ofstream out(folder_ / harness / std::to_string(count_++), std::ios::binary);
    out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    if (!out) throw std::runtime_error("cannot write a seed");
  }

  /// Every file of such a name anywhere below a folder; none where there is no such folder.
  void add_files(const std::string& harness, const fs::path& folder, const std::string& name_end) {
    if (!fs::exists(folder)) return;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().string().ends_with(name_end)) add(harness, read_file(entry.path()));
    }
  }

  int count() const { return count_; }

 private:
  fs::path folder_;
  int count_ = 0;
};

std::vector<float> values(std::size_t count) {
  std::vector<float> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = static_cast<float>(i % 7) / 4 - 0.75f;
  return all;
}

/// Small graphs in which, together, every operator of the engine stands.
void add_networks(Seeds& seeds) {
  const auto add = [&](GraphWriter graph) { seeds.add("network", graph.file({-1, 3, -1, -1})); };
  const auto conv = GraphWriter().constant("w", {5, 3, 3, 3}, values(135)).constant("b", {5}, values(5));
  const auto depthwise = GraphWriter().constant("w", {3, 1, 3, 3}, values(27));
  const auto pointwise = GraphWriter().constant("w", {3, 3, 1, 1}, values(9));
  add(GraphWriter(conv).node("Conv", {"x", "w", "b"}, "y", {{"strides", {2, 2}}, {"pads", {0, 1, 1, 0}}, {"dilations", {1, 2}}}));
  add(GraphWriter(depthwise).node("Conv", {"x", "w"}, "a", {{"group", {3}}, {"pads", {1, 1, 1, 1}}}).node("Add", {"a", "x"}, "b").node("Relu", {"b"}, "y"));
  add(GraphWriter().halves("h", {3, 3, 1, 1}, {0x3c00, 0xbc00, 0x0001, 0x8400, 0x7bff, 0x3555, 0, 0x3800, 0x3c01})
          .node("Cast", {"h"}, "w", {{"to", {1}}}).node("Conv", {"x", "w"}, "y"));
  add(GraphWriter(pointwise).constant("n", {3}, {1, 2, 3}).node("Conv", {"x", "w"}, "a").node("BatchNormalization", {"a", "n", "n", "n", "n"}, "b")
          .node("Sigmoid", {"b"}, "c").node("Mul", {"b", "c"}, "y"));
  add(GraphWriter().constant("n", {3}, {1, 2, 3}).node("BatchNormalization", {"x", "n", "n", "n", "n"}, "a").node("HardSigmoid", {"a"}, "b").node("Mul", {"a", "b"}, "y"));
  add(GraphWriter(pointwise).node("GlobalAveragePool", {"x"}, "a").node("Conv", {"a", "w"}, "b").node("Sigmoid", {"b"}, "c").node("Mul", {"x", "c"}, "y"));
  add(GraphWriter().constant("low", {}, {0}).constant("high", {}, {6}).node("Clip", {"x", "low", "high"}, "a").node("HardSwish", {"a"}, "b").node("Identity", {"b"}, "y"));
  add(GraphWriter().node("MaxPool", {"x"}, "a", {{"kernel_shape", {3, 2}}, {"strides", {2, 1}}}).node("Concat", {"a", "a"}, "y", {{"axis", {1}}}));
  add(GraphWriter().integers("s", {0, -1}).constant("g", {3, 4}, values(12)).constant("b", {4}, values(4)).node("ReduceMean", {"x"}, "a", {{"axes", {2, 3}}})
          .node("Reshape", {"a", "s"}, "c").node("Gemm", {"c", "g", "b"}, "y"));
  add(GraphWriter().integers("s", {0, 1, 3, -1}).constant("g", {4, 3}, values(12)).node("GlobalAveragePool", {"x"}, "a").node("Reshape", {"a", "s"}, "b")
          .node("Flatten", {"b"}, "c", {{"axis", {1}}}).node("Gemm", {"c", "g"}, "y", {{"transB", {1}}}));
}

void add_images(Seeds& seeds) {
  for (const int bits : {8, 16}) {
    for (const int colour_type : {0, 2, 4, 6}) {
      const std::size_t channels = colour_type == 0 ? 1 : colour_type == 2 ? 3 : colour_type == 4 ? 2 : 4;
      seeds.add("image", make_png(3, 2, bits, colour_type, FileBytes(6 * channels * static_cast<std::size_t>(bits) / 8, 0x55)));
    }
  }
  seeds.add("image", make_bmp(5, 3, 0x80));
}

/// Kinds of samples, byte orders, pages and descriptions, together with what the corpora hold of compressions.
void add_tiffs(Seeds& seeds) {
  const auto text = [](const std::string& s) { return FileBytes(s.begin(), s.end()); };
  const FileBytes half_a_millimetre{20, 0, 0, 0, 1, 0, 0, 0};
  const TiffEntry resolution{282, 5, half_a_millimetre}, centimetre{296, 3, {3, 0}};
  for (const bool big_endian : {false, true}) {
    for (const bool big_tiff : {false, true}) {
      const auto add = [&](const std::vector<TiffPage>& pages) { seeds.add("tiff", make_tiff(pages, big_endian, big_tiff)); };
      for (const int bits : {1, 4, 8, 12, 16, 32}) add({{.width_px = 3, .height_px = 2, .bits = bits, .pixels = FileBytes(24, 0x5a), .extra = {resolution, centimetre}}});
      add({{.width_px = 2, .bits = 32, .format = 3, .pixels = FileBytes(8, 0x40)}});
      add({{.samples = 4, .photometric = 2, .pixels = {1, 2, 3, 4}, .extra = {{338, 3, {2, 0}}}}});
      add({{.photometric = 3, .pixels = {7}, .extra = {{320, 3, FileBytes(1536, 1)}}}});
    }
  }
  const TiffPage page{.pixels = {1}};
  for (const char* description : {"<OME><Pixels DimensionOrder=\"XYZCT\" SizeC=\"2\" SizeZ=\"1\" SizeT=\"1\" PhysicalSizeX=\"0.5\"><TiffData IFD=\"1\" FirstC=\"0\"/>"
                                  "<TiffData IFD=\"0\" FirstC=\"1\" PlaneCount=\"1\"/></Pixels></OME>", "ImageJ=1.5\nchannels=2\nslices=1\nunit=micron\n"}) {
    TiffPage first = page;
    first.extra = {{270, 2, text(description)}, resolution};
    seeds.add("tiff", make_tiff({first, page}));
    first.extra.push_back({306, 2, text("2024:05:06 07:08:09")});
    first.extra.push_back({34665, 4, {8, 0, 0, 0}});
    for (const bool big : {false, true}) seeds.add("inspect", make_tiff({first, page}, false, big));
  }
}

/// Frames with a few bright and dark cells for each way of finding them, and a detector's spec.
void add_frames(Seeds& seeds) {
  for (std::uint8_t method = 0; method < 3; ++method) {
    for (std::uint8_t type = 0; type < 3; ++type) {
      FileBytes bytes{method, 47, 39, 0, type};
      const float lengths[] = {0, 4, 20};
      const auto* raw = reinterpret_cast<const std::uint8_t*>(lengths);
      bytes.insert(bytes.end(), raw, raw + sizeof lengths);
      bytes.insert(bytes.end(), {127, 0, 0});
      const std::size_t size = type == 0 ? 1 : type == 1 ? 2 : 4;
      for (std::size_t i = 0; i < 48 * 40; ++i) {
        const int x = static_cast<int>(i % 48 % 16) - 8, y = static_cast<int>(i / 48 % 20) - 10;
        const bool is_cell = x * x + y * y < 20;
        bytes.insert(bytes.end(), size, static_cast<std::uint8_t>(is_cell ? 20 + 200 * (i % 2) : 60 + i % 3));
      }
      bytes.resize(std::min<std::size_t>(bytes.size(), 3'000));
      seeds.add("detect", bytes);
    }
  }
  const std::string spec = R"({"network": {"input": "x", "output": "y", "halo_px": 4}, "cell_diameter_px": 12, "threshold": 0.5, "overlap": 0.4, "outline": "inside",
    "normalisation": {"rule": "median_spread", "gain": 4, "most": 8}})";
  FileBytes bytes{3};
  bytes.insert(bytes.end(), spec.begin(), spec.end());
  seeds.add("detect", bytes);
}

/// A square, a bow tie and what reaches far outside, on a frame of each type.
void add_outlines(Seeds& seeds) {
  const std::vector<float> outlines[] = {{2, 2, 12, 2, 12, 12, 2, 12}, {1, 1, 14, 11, 14, 1, 1, 11}, {-1e30f, 3, 1e30f, 4, 5, 1e38f}};
  for (std::uint8_t type = 0; type < 3; ++type) {
    for (const std::vector<float>& outline : outlines) {
      FileBytes bytes{15, 15, type, type};
      bytes.push_back(static_cast<std::uint8_t>(outline.size() / 2));
      const auto* raw = reinterpret_cast<const std::uint8_t*>(outline.data());
      bytes.insert(bytes.end(), raw, raw + outline.size() * sizeof(float));
      for (int i = 0; i < 200; ++i) bytes.push_back(static_cast<std::uint8_t>(7 * i));
      seeds.add("morphometry", bytes);
    }
  }
}

/// Lessons of two and three types: some far apart, some copies, with and without variances and known logits.
void add_lessons(Seeds& seeds) {
  for (std::uint8_t flags : {0, 1, 64, 130, 193}) {
    for (std::uint8_t types : {1, 2}) {
      FileBytes bytes{types, 11, flags, 2, 4, 3};
      for (int cell = 0; cell < 12; ++cell) {
        const int kind = cell % (types + 1) + (cell % 5 == 4 ? 128 : 0);
        bytes.insert(bytes.end(), {static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(cell / 2)});
        for (int j = 0; j < 24; ++j) bytes.push_back(static_cast<std::uint8_t>(30 * kind * (j % 3) + (7 * cell + 5 * j) % 11));
      }
      seeds.add("learn", bytes);
    }
  }
}

/// A file of each branch of each reader of src/core/formats.
void add_formats(Seeds& seeds) {
  for (const auto& [name, bytes] : ndpi_examples()) seeds.add("slides", bytes);
  for (const auto& [name, bytes] : dicom_examples()) seeds.add("dicom", bytes);
  for (const auto& [name, bytes] : picture_examples()) seeds.add(name.starts_with("gif") ? "gif" : name.starts_with("webp") ? "webp" : name.starts_with("jxl") ? "jpeg_xl" : name.starts_with("tif") ? "slides" : "jpeg2000", bytes);
  for (const auto& [name, bytes] : zarr_examples()) seeds.add("zarr", bytes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  fs::remove_all(argv[1]);
  Seeds seeds(argv[1]);
  add_networks(seeds);
  add_images(seeds);
  add_tiffs(seeds);
  add_frames(seeds);
  add_outlines(seeds);
  add_lessons(seeds);
  add_formats(seeds);
  seeds.add("head", make_safetensors({{"a.weight", {2, 3}, values(6)}, {"a.bias", {2}, values(2)}, {"b.weight", {3, 2}, values(6)}, {"b.bias", {3}, values(3)}}));
  seeds.add("novelty", make_safetensors({{"mean", {3}, values(3)}, {"basis", {2, 3}, values(6)}, {"scale", {2}, values(2)}, {"class_means", {2, 2}, values(4)}, {"residual_scale", {1}, {2}}, {"appearance_mean", {14}, values(14)}, {"appearance", {14, 14}, values(196)}, {"exposure", {3}, values(3)}, {"exposure_offset", {1}, {-1}}}));
  seeds.add("novelty", make_safetensors({{"mean", {3}, values(3)}, {"basis", {2, 3}, {}, {0x3c00, 0, 0, 0, 0xbc00, 0x0001}}, {"scale", {2}, values(2)}, {"class_means", {2, 2}, values(4)}, {"residual_scale", {1}, {2}}, {"appearance_mean", {14}, values(14)}, {"appearance", {14, 14}, values(196)}}));
  seeds.add("novelty", make_safetensors({{"mean", {3}, values(3)}, {"feature_scale", {3}, {2, 0.5f, 4}}, {"feature_limit", {3}, {5, 0, 1}}, {"basis", {2, 3}, values(6)}, {"scale", {2}, values(2)}, {"class_means", {2, 2}, values(4)}, {"residual_scale", {1}, {2}}, {"appearance_mean", {1}, {0}}, {"appearance", {1, 1}, {0}}}));
  seeds.add("exif", {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0});
  seeds.add("exif", {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0});
  seeds.add("formats", {'Z', 'I', 'S', 'R', 'A', 'W'});
  for (const auto& [name, bytes] : czi_examples()) seeds.add("czi", bytes);
  for (const Coded& coded : coded_pixels()) {
    if (coded.compression != 4) continue;
    const bool colours = coded.pixel_type == 3 || coded.pixel_type == 4 || coded.pixel_type == 8;
    const int type = coded.pixel_type == 1 || coded.pixel_type == 4 ? 1 : coded.pixel_type == 2 || coded.pixel_type == 8 ? 2 : 0;
    FileBytes bytes{kCodedWidth - 1, kCodedHeight - 1, static_cast<std::uint8_t>((colours ? 1 : 0) + 2 * type)};
    bytes.insert(bytes.end(), coded.bytes.begin(), coded.bytes.end());
    seeds.add("jpeg_xr", bytes);
  }
  for (auto [name, file] : nd2_examples()) {
    // Small ones are changed more often.
    file.name_bytes = 0;
    if (file.width_px < 100) seeds.add("nd2", make_nd2(file));
  }
  for (const auto& [name, file] : lif_examples()) seeds.add("lif", make_lif(file.images, file.version));
  const LifWritten tiles = lif_examples().at("tiles");
  std::string xml = lif_xml(tiles.images, tiles.version);
  xml.insert(xml.find("<TimeStampList>"), R"(<Attachment Name="TileScanInfo" FlipX="1"><Tile PosX="0.001" PosY="0"/><Tile PosX="0.0010007" PosY="0"/><Tile PosX="0" PosY="0.000001"/></Attachment>)");
  seeds.add("lif", make_lif(tiles.images, tiles.version, xml));
  const fs::path root = source_dir();
  seeds.add_files("zarr", root / "tests/golden/files", ".ozx");
  seeds.add_files("head", root / "models", ".safetensors");
  for (const char* folder : {"models", "tests/golden/tiny-shapes"}) seeds.add_files("spec", root / folder, "spec.json");
  seeds.add_files("encoder_spec", root / "models/cell-encoder", "spec.json");
  const std::string grey = R"({"name": "a", "classes": [{"id": "b"}, {"id": "c"}], "network": {"features": {"channels": 2}}, "input": {"width_px": 64, "height_px": 64, "channels": "rgb"}, "crop": {"rule": "none"},
    "resize": {"rule": "bilinear_antialiased"}, "normalisation": {"rule": "grey_contrast", "tint": 2, "corner_share": 8, "middle": 127.5, "eight_bit": {"gain": 128, "least_spread": 128}, "deeper": {"gain": 48, "least_spread": 0.02}},
    "head": {"layers": [{"name": "a", "inputs": 2, "outputs": 2, "activation": "none"}], "output": "softmax"}, "judge": {"temperature": 1, "abstain_below": 0.5}})";
  seeds.add("spec", FileBytes(grey.begin(), grey.end()));
  for (const char* folder : {"models", "public/samples", "tests/golden/decode", "../shared/corpora/synthetic"}) {
    for (const char* name_end : {".png", ".bmp"}) seeds.add_files("image", root / folder, name_end);
    seeds.add_files("jpeg", root / folder, ".jpg");
    seeds.add_files("tiff", root / folder, ".tif");
    for (const char* name_end : {".png", ".jpg", ".tif"}) seeds.add_files("inspect", root / folder, name_end);
  }
  // Where the test of the corpora unpacked them.
  for (const char* name_end : {".tif", ".tiff"}) seeds.add_files("tiff", root / "build/corpora", name_end);
  seeds.add_files("jpeg", root / "build/corpora", ".jpg");
  for (const char* name_end : {".tif", ".tiff", ".jpg", ".png"}) seeds.add_files("inspect", root / "build/corpora", name_end);
  std::cout << seeds.count() << " seeds\n";
}
