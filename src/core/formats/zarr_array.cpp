#include "core/formats/zarr_array.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/error.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMaxAxes = 8;
constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 40;

[[noreturn]] void unsupported(const std::string& what) { throw Error(ErrorCode::kUnsupportedFeature, "the OME-Zarr has " + clean_text(what) + ", which is not read; save it with Zstandard or Blosc, as unsigned integers"); }

std::vector<std::uint64_t> lengths(const Json& list, std::uint64_t least) {
  if (!list.is_array() || list.empty() || list.size() > kMaxAxes) zarr_damaged("an array without a shape");
  std::vector<std::uint64_t> all;
  for (const Json& one : list) {
    const bool sane = one.is_number_unsigned() && one.get<std::uint64_t>() >= least && one.get<std::uint64_t>() <= kMaxLength;
    if (!sane) zarr_damaged("an array of an impossible size");
    all.push_back(one.get<std::uint64_t>());
  }
  return all;
}

void set_shape(ZarrArray& array, const Json& shape) {
  array.shape = lengths(shape, 1);
  array.order.resize(array.shape.size());
  std::iota(array.order.begin(), array.order.end(), std::size_t{0});
}

std::vector<std::uint64_t> chunk_lengths(const Json& list, const ZarrArray& array) {
  std::vector<std::uint64_t> all = lengths(list, 1);
  if (all.size() != array.shape.size()) zarr_damaged("chunks of other axes than the array's");
  return all;
}

void set_type(ZarrArray& array, ZarrKind kind, std::size_t sample, const std::string& name) {
  const bool read = kind == ZarrKind::kBool ? sample == 1 : kind == ZarrKind::kFloat ? sample == 2 || sample == 4 || sample == 8 : sample == 1 || sample == 2 || sample == 4;
  if (!read) unsupported("samples of the type " + name);
  array.kind = kind;
  array.sample = sample;
}

void set_compression(ZarrCoding& coding, const std::string& name) {
  if (coding.compression != ZarrCompression::kNone) unsupported("pixels that are compressed twice");
  if (name == "zlib" || name == "gzip" || name == "numcodecs.zlib" || name == "numcodecs.gzip") coding.compression = ZarrCompression::kDeflate;
  else if (name == "zstd" || name == "numcodecs.zstd") coding.compression = ZarrCompression::kZstd;
  else if (name == "blosc" || name == "numcodecs.blosc") coding.compression = ZarrCompression::kBlosc;
  else if (name == "lz4" || name == "numcodecs.lz4") coding.compression = ZarrCompression::kLz4;
  else unsupported("pixels compressed as " + (name.empty() ? std::string("an unknown kind") : name));
}

template <typename Number>
void put_fill(ZarrArray& array, Number value) {
  std::memcpy(array.fill.data(), &value, std::min(sizeof value, array.fill.size()));
}

/// A half has no type of its own here; of those that fill only the plainest are told apart.
std::uint16_t half_of(double value) {
  if (std::isnan(value)) return 0x7e00;
  if (std::isinf(value)) return value > 0 ? 0x7c00 : 0xfc00;
  if (value == 0) return 0;
  int exponent = 0;
  const double share = std::frexp(std::abs(value), &exponent);
  if (exponent < -13) return 0;
  if (exponent > 16) return value > 0 ? 0x7c00 : 0xfc00;
  const auto bits = static_cast<std::uint16_t>((exponent + 14) << 10 | (static_cast<int>(share * 2048) & 1023));
  return value < 0 ? static_cast<std::uint16_t>(bits | 0x8000) : bits;
}

void set_fill(ZarrArray& array, const Json& value) {
  double number = 0;
  if (value.is_boolean()) number = value.get<bool>() ? 1 : 0;
  else if (value.is_number()) number = value.get<double>();
  else if (value == "NaN") number = std::numeric_limits<double>::quiet_NaN();
  else if (value == "Infinity") number = std::numeric_limits<double>::infinity();
  else if (value == "-Infinity") number = -std::numeric_limits<double>::infinity();
  else if (value.is_string() && value.get_ref<const std::string&>().starts_with("0x")) {
    // The bits of a number that is none.
    number = std::numeric_limits<double>::quiet_NaN();
  }
  if (array.kind == ZarrKind::kFloat) {
    if (array.sample == 2) put_fill(array, half_of(number));
    else if (array.sample == 4) put_fill(array, static_cast<float>(number));
    else put_fill(array, number);
  } else {
    const double most = std::ldexp(1.0, static_cast<int>(8 * array.sample) - (array.kind == ZarrKind::kSigned ? 1 : 0));
    const bool fits = number >= (array.kind == ZarrKind::kSigned ? -most : 0) && number < most;
    put_fill(array, fits ? static_cast<std::int64_t>(number) : std::int64_t{0});
  }
  if (!array.little) std::reverse(array.fill.begin(), array.fill.begin() + static_cast<std::ptrdiff_t>(array.sample));
}

void read_version_2(const Json& json, ZarrArray& array) {
  set_shape(array, member(json, "shape"));
  array.chunk = chunk_lengths(member(json, "chunks"), array);
  const std::string type = text_member(json, "dtype");
  if (type.size() != 3 || std::strchr("<>|", type[0]) == nullptr) unsupported("samples of the type " + (type.empty() ? std::string("unknown") : type));
  const std::size_t at = std::string("buif").find(type[1]);
  if (at == std::string::npos || type[2] < '1' || type[2] > '8') unsupported("samples of the type " + type);
  set_type(array, static_cast<ZarrKind>(at), static_cast<std::size_t>(type[2] - '0'), type);
  array.little = type[0] != '>';
  if (text_member(json, "order") == "F") std::reverse(array.order.begin(), array.order.end());
  if (const Json& filters = member(json, "filters"); filters.is_array() && !filters.empty()) unsupported("pixels behind the filter " + text_member(filters[0], "id"));
  if (const Json& compressor = member(json, "compressor"); !compressor.is_null()) set_compression(array.coding, text_member(compressor, "id"));
  if (text_member(json, "dimension_separator") == "/") array.separator = '/';
}

void read_codecs(const Json& codecs, ZarrArray& array, bool in_shard);

void read_shard(const Json& settings, ZarrArray& array) {
  array.shard = array.chunk;
  array.chunk = chunk_lengths(member(settings, "chunk_shape"), array);
  for (std::size_t i = 0; i < array.chunk.size(); ++i) {
    if (array.shard[i] % array.chunk[i] != 0) zarr_damaged("shards that are no multiple of their chunks");
  }
  array.index_first = text_member(settings, "index_location") == "start";
  for (const Json& codec : member(settings, "index_codecs")) {
    const std::string name = text_member(codec, "name");
    if (name == "crc32c") array.index_sum = true;
    else if (name != "bytes" || text_member(member(codec, "configuration"), "endian") == "big") unsupported("shards whose index is coded as " + name);
  }
  read_codecs(member(settings, "codecs"), array, true);
}

void read_codecs(const Json& codecs, ZarrArray& array, bool in_shard) {
  if (!codecs.is_array() || codecs.size() > kMaxAxes) zarr_damaged("an array without codecs");
  bool bytes = false;
  for (const Json& codec : codecs) {
    const std::string name = codec.is_string() ? codec.get<std::string>() : text_member(codec, "name");
    const Json& settings = member(codec, "configuration");
    if (name == "sharding_indexed") {
      if (in_shard || codecs.size() != 1) unsupported("shards in shards, or shards that are coded as a whole");
      return read_shard(settings, array);
    }
    if (name == "transpose" && !bytes) {
      std::vector<std::uint64_t> order = lengths(member(settings, "order"), 0);
      std::vector<std::size_t> axes(order.begin(), order.end()), next(axes.size());
      std::sort(order.begin(), order.end());
      for (std::size_t i = 0; i < order.size(); ++i) {
        if (order[i] != i || order.size() != array.order.size()) zarr_damaged("a transposition that is none");
      }
      for (std::size_t i = 0; i < axes.size(); ++i) next[i] = array.order[axes[i]];
      array.order = next;
    } else if (name == "bytes") {
      bytes = true;
      array.little = text_member(settings, "endian") != "big";
    } else if (name == "crc32c") {
      bool& sum = array.coding.compression == ZarrCompression::kNone ? array.coding.sum_inside : array.coding.sum_outside;
      if (sum) unsupported("pixels with two sums");
      sum = true;
    } else {
      if (!bytes) unsupported("pixels coded as " + name);
      set_compression(array.coding, name);
    }
  }
  if (!bytes) zarr_damaged("an array without bytes");
}

void read_version_3(const Json& json, ZarrArray& array) {
  if (member(json, "zarr_format") != 3) unsupported("an unknown version of Zarr");
  set_shape(array, member(json, "shape"));
  const Json& grid = member(json, "chunk_grid");
  if (text_member(grid, "name") != "regular") unsupported("chunks of several sizes");
  array.chunk = chunk_lengths(member(member(grid, "configuration"), "chunk_shape"), array);
  const std::string type = text_member(json, "data_type");
  if (type == "bool") {
    set_type(array, ZarrKind::kBool, 1, type);
  } else {
    const ZarrKind kind = type.starts_with("uint") ? ZarrKind::kUnsigned : type.starts_with("int") ? ZarrKind::kSigned : ZarrKind::kFloat;
    const std::string_view digits = std::string_view(type).substr(std::min<std::size_t>(type.size(), kind == ZarrKind::kSigned ? 3 : kind == ZarrKind::kUnsigned ? 4 : 5));
    const std::size_t bits = digits == "8" ? 8 : digits == "16" ? 16 : digits == "32" ? 32 : digits == "64" ? 64 : 0;
    if (kind == ZarrKind::kFloat && !type.starts_with("float")) unsupported("samples of the type " + (type.empty() ? std::string("unknown") : type));
    set_type(array, kind, bits / 8, type);
  }
  const Json& keys = member(json, "chunk_key_encoding");
  const bool old = text_member(keys, "name") == "v2";
  const std::string separator = text_member(member(keys, "configuration"), "separator");
  array.separator = separator.empty() ? (old ? '.' : '/') : separator[0];
  if (!old) array.prefix = std::string("c") + array.separator;
  read_codecs(member(json, "codecs"), array, false);
}

std::uint64_t product(const std::vector<std::uint64_t>& lengths, std::uint64_t bytes) {
  for (const std::uint64_t length : lengths) {
    if (bytes > std::numeric_limits<std::uint64_t>::max() / length) return std::numeric_limits<std::uint64_t>::max();
    bytes *= length;
  }
  return bytes;
}

}  // namespace

std::uint64_t ZarrArray::chunk_bytes() const { return product(chunk, sample); }

SampleType ZarrArray::type() const {
  if (kind == ZarrKind::kFloat || sample == 4) return SampleType::kFloat32;
  return sample == 2 ? SampleType::kUint16 : SampleType::kUint8;
}

int ZarrArray::bits() const { return kind == ZarrKind::kBool ? 1 : static_cast<int>(8 * sample); }

ZarrArray read_zarr_array(ZarrHierarchy& hierarchy, const std::string& path) {
  ZarrArray array;
  array.path = path;
  if (const auto json = hierarchy.document(below_path(path, "zarr.json"))) {
    read_version_3(*json, array);
    set_fill(array, member(*json, "fill_value"));
  } else if (const auto old = hierarchy.document(below_path(path, ".zarray"))) {
    read_version_2(*old, array);
    set_fill(array, member(*old, "fill_value"));
  } else {
    zarr_damaged("the array " + clean_text(path) + " is missing");
  }
  return array;
}

}  // namespace cytodrop
