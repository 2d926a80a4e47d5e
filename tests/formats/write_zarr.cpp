#include "write_zarr.h"

#include "write_bytes.h"

namespace cytodrop::test {

FileBytes bytes_of_text(const std::string& text) { return {text.begin(), text.end()}; }

FileBytes make_zip(const NamedFiles& files, const ZipOptions& options) {
  FileBytes zip, directory;
  for (const auto& file : files) {
    const std::string& name = file.first;
    const FileBytes& content = file.second;
    FileBytes stored = content;
    if (options.deflated) {
      const FileBytes zlib = zlib_stored(content);
      stored.assign(zlib.begin() + 2, zlib.end() - 4);
    }
    const auto at = static_cast<std::uint64_t>(zip.size());
    const auto put_common = [&](FileBytes& to, std::uint16_t extra) {
      put(to, std::uint16_t{45});
      put(to, static_cast<std::uint16_t>(options.encrypted ? 1 : 0));
      put(to, static_cast<std::uint16_t>(options.deflated ? 8 : 0));
      put(to, std::uint64_t{0});
      put(to, options.zip64 ? ~std::uint32_t{0} : static_cast<std::uint32_t>(stored.size()));
      put(to, options.zip64 ? ~std::uint32_t{0} : static_cast<std::uint32_t>(content.size()));
      put(to, static_cast<std::uint16_t>(name.size()));
      put(to, extra);
    };
    const auto put_extra = [&](FileBytes& to, bool with_place) {
      if (!options.zip64) return;
      put(to, std::uint16_t{1});
      put(to, static_cast<std::uint16_t>(with_place ? 24 : 16));
      put(to, static_cast<std::uint64_t>(content.size()));
      put(to, static_cast<std::uint64_t>(stored.size()));
      if (with_place) put(to, at);
    };
    put(zip, std::uint32_t{0x04034b50});
    put_common(zip, options.zip64 ? 20 : 0);
    put_text(zip, name);
    put_extra(zip, false);
    put_all(zip, stored);
    put(directory, std::uint32_t{0x02014b50});
    put(directory, std::uint16_t{45});
    put_common(directory, options.zip64 ? 28 : 0);
    put(directory, std::uint64_t{0});
    put(directory, std::uint16_t{0});
    put(directory, options.zip64 ? ~std::uint32_t{0} : static_cast<std::uint32_t>(at));
    put_text(directory, name);
    put_extra(directory, true);
  }
  const auto at = static_cast<std::uint64_t>(zip.size());
  put_all(zip, directory);
  if (options.zip64) {
    const auto end = static_cast<std::uint64_t>(zip.size());
    put(zip, std::uint32_t{0x06064b50});
    put(zip, std::uint64_t{44});
    put(zip, std::uint32_t{0});
    put(zip, std::uint64_t{0});
    put(zip, static_cast<std::uint64_t>(files.size()));
    put(zip, static_cast<std::uint64_t>(files.size()));
    put(zip, static_cast<std::uint64_t>(directory.size()));
    put(zip, at);
    put(zip, std::uint32_t{0x07064b50});
    put(zip, std::uint32_t{0});
    put(zip, end);
    put(zip, std::uint32_t{1});
  }
  put(zip, std::uint32_t{0x06054b50});
  put(zip, std::uint32_t{0});
  put(zip, options.zip64 ? std::uint16_t{0xffff} : static_cast<std::uint16_t>(files.size()));
  put(zip, options.zip64 ? std::uint16_t{0xffff} : static_cast<std::uint16_t>(files.size()));
  put(zip, options.zip64 ? ~std::uint32_t{0} : static_cast<std::uint32_t>(directory.size()));
  put(zip, options.zip64 ? ~std::uint32_t{0} : static_cast<std::uint32_t>(at));
  put(zip, std::uint16_t{0});
  return zip;
}

std::string array_json_2(const std::string& shape, const std::string& chunks, const std::string& type, const std::string& more) {
  return R"({"zarr_format": 2, "shape": )" + shape + R"(, "chunks": )" + chunks + R"(, "dtype": ")" + type + R"(", "order": "C", "filters": null, )" + more + "}";
}

std::string array_json_3(const std::string& shape, const std::string& chunks, const std::string& type, const std::string& codecs) {
  return R"({"zarr_format": 3, "node_type": "array", "shape": )" + shape + R"(, "data_type": ")" + type + R"(", "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": )" + chunks +
         R"(}}, "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 7, "codecs": )" + codecs + "}";
}

std::string image_json(const std::string& axes, const std::string& more) {
  std::string list, scale;
  for (const char axis : axes) {
    list += std::string(list.empty() ? "" : ", ") + R"({"name": ")" + axis + R"(", "unit": "micrometer"})";
    scale += scale.empty() ? "0.5" : ", 0.5";
  }
  return R"({"multiscales": [{"version": "0.4", "name": "an image", "axes": [)" + list + R"(], "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [)" + scale + "]}]}]}]" +
         (more.empty() ? "" : ", " + more) + "}";
}

NamedFiles zarr_image(const std::string& axes, const std::string& array_json, const NamedFiles& chunks, const std::string& more) {
  NamedFiles files{{".zattrs", bytes_of_text(image_json(axes, more))}, {"0/.zarray", bytes_of_text(array_json)}};
  for (const auto& [name, content] : chunks) files.emplace_back("0/" + name, content);
  return files;
}

NamedFiles zarr_examples() {
  NamedFiles examples;
  const auto add = [&](const std::string& name, const NamedFiles& files, const ZipOptions& options = {}) { examples.emplace_back(name, make_zip(files, options)); };
  const FileBytes chunk = counted_samples(6, 8, 1), words = counted_samples(6, 16, 2);
  const NamedFiles plain = zarr_image("yx", array_json_2("[5, 4]", "[2, 3]"), {{"0.0", chunk}, {"2.1", chunk}}, R"("omero": {"channels": [{"label": "BF"}]}, "patient": "Jane Roe")");
  add("plain", plain);
  add("zip64", plain, {.zip64 = true});
  add("deflated", plain, {.deflated = true});
  add("big_endian", zarr_image("yx", array_json_2("[2, 3]", "[2, 3]", ">i2"), {{"0.0", words}}));
  add("floats", zarr_image("yx", array_json_2("[2, 3]", "[2, 3]", "<f4", R"("compressor": null, "fill_value": "NaN")"), {{"0.0", counted_samples(6, 32, 3)}}));
  add("columns_first", zarr_image("czyx", array_json_2("[2, 1, 2, 3]", "[1, 1, 2, 3]", "<u2", R"("compressor": null, "fill_value": 0, "order": "F", "dimension_separator": "/")"), {{"0/0/0/0", words}, {"1/0/0/0", words}}));
  add("zlib", zarr_image("tyx", array_json_2("[2, 2, 3]", "[1, 2, 3]", "|u1", R"("compressor": {"id": "zlib"}, "fill_value": 1)"), {{"0.0.0", zlib_stored(chunk)}}));
  FileBytes lz4{6, 0, 0, 0, 0x60};
  put_all(lz4, chunk);
  add("lz4", zarr_image("yx", array_json_2("[2, 3]", "[2, 3]", "|u1", R"("compressor": {"id": "lz4"}, "fill_value": 1)"), {{"0.0", lz4}}));
  // A header, one block, its only stream: six bytes as they are.
  FileBytes blosc{2, 1, 0x31, 2, 6, 0, 0, 0, 6, 0, 0, 0, 30, 0, 0, 0, 20, 0, 0, 0, 6, 0, 0, 0};
  put_all(blosc, chunk);
  for (const int flags : {0x31, 0x34, 0x11, 0x71, 0x91, 0x02}) {
    blosc[2] = static_cast<std::uint8_t>(flags);
    add("blosc" + std::to_string(flags), zarr_image("yx", array_json_2("[1, 3]", "[1, 3]", "<u2", R"("compressor": {"id": "blosc"}, "fill_value": 1)"), {{"0.0", blosc}}));
  }
  FileBytes shard;
  put_all(shard, chunk);
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{6}, ~std::uint64_t{0}, ~std::uint64_t{0}}) put(shard, number);
  const std::string sharding = R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 3], "codecs": [{"name": "bytes"}], "index_codecs": [{"name": "bytes"}], "index_location": "end"}}])";
  const std::string group = R"({"zarr_format": 3, "node_type": "group", "attributes": {"ome": )" + image_json("yx") + "}}";
  add("shard", {{"zarr.json", bytes_of_text(group)}, {"0/zarr.json", bytes_of_text(array_json_3("[2, 6]", "[2, 6]", "uint8", sharding))}, {"0/c/0/0", shard}});
  add("sum", {{"zarr.json", bytes_of_text(group)}, {"0/zarr.json", bytes_of_text(array_json_3("[2, 3]", "[2, 3]", "uint8", R"([{"name": "transpose", "configuration": {"order": [1, 0]}}, {"name": "bytes"}, {"name": "gzip"}])"))}, {"0/c/0/0", zlib_stored(chunk)}});
  NamedFiles plate{{".zattrs", bytes_of_text(R"({"plate": {"name": "p", "wells": [{"path": "A/1"}, {"path": "A/2"}]}})")}, {"A/1/.zattrs", bytes_of_text(R"({"well": {"images": [{"path": "0"}]}})")}};
  for (const auto& [name, content] : plain) plate.emplace_back("A/1/0/" + name, content);
  add("plate", plate);
  NamedFiles series{{"x.zarr/.zattrs", bytes_of_text(R"({"bioformats2raw.layout": 3})")},
                    {"x.zarr/OME/METADATA.ome.xml", bytes_of_text(R"(<OME><Image Name="scene"><Pixels><Channel Name="Phase" SamplesPerPixel="1"/></Pixels></Image></OME>)")}};
  for (const auto& [name, content] : plain) series.emplace_back("x.zarr/0/" + name, content);
  add("series", series);
  return examples;
}

}  // namespace cytodrop::test
