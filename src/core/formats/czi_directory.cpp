#include "core/formats/czi_directory.h"

#include <algorithm>
#include <array>

#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kHeadBytes = 32;
/// Of a light sheet's recording over days; no more fit in a browser's memory.
constexpr std::uint32_t kMaxBlocks = 2'000'000;
constexpr std::uint32_t kMaxAttachments = 100;
constexpr std::uint32_t kMaxDimensions = 40;
constexpr std::uint64_t kMaxXmlBytes = 32'000'000;
constexpr std::size_t kEntryHeadBytes = 32, kDimensionBytes = 20;

std::string_view text_of(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

std::int32_t le_i32(Bytes bytes, std::size_t at) { return static_cast<std::int32_t>(le32(bytes, at)); }
std::uint64_t le64(Bytes bytes, std::size_t at) { return std::uint64_t{le32(bytes, at + 4)} << 32 | le32(bytes, at); }

[[noreturn]] void several_files() {
  throw Error(ErrorCode::kUnsupportedFeature, "this CZI file is one of several that belong together, which are not read; save it from ZEN as one file");
}

/// The bytes of a segment one after the other, fetched in pieces: a directory may have hundreds of megabytes.
class Reader {
 public:
  Reader(Source& source, std::uint64_t at, std::uint64_t end) : source_(source), at_(at), end_(end) {}

  /// Valid until the next call.
  Bytes take(std::size_t count) {
    if (piece_.size() - used_ < count) fetch(count);
    const Bytes taken = Bytes(piece_).subspan(used_, count);
    used_ += count;
    return taken;
  }

  Bytes peek(std::size_t count) {
    const Bytes seen = take(count);
    used_ -= count;
    return seen;
  }

 private:
  void fetch(std::size_t count) {
    piece_.erase(piece_.begin(), piece_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    const std::size_t kept = piece_.size(), missing = count - kept;
    if (end_ - at_ < missing) czi_damaged("a list of its parts ends early");
    const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(std::max<std::size_t>(missing, 1 << 18), end_ - at_));
    piece_.resize(kept + more);
    source_.read(at_, std::span(piece_).subspan(kept));
    at_ += more;
  }

  Source& source_;
  std::uint64_t at_, end_;
  std::vector<std::uint8_t> piece_;
  std::size_t used_ = 0;
};

/// Takes a dimension's start and size into the block.
void set_dimension(CziBlock& block, char name, std::int32_t start, std::int32_t size, std::int32_t stored) {
  switch (name) {
    case 'X':
      block.x = start;
      block.width_px = size;
      block.stored_width_px = stored;
      return;
    case 'Y':
      block.y = start;
      block.height_px = size;
      block.stored_height_px = stored;
      return;
    case 'M': block.m = start; return;
    case 'S':
      if (start < 0) czi_damaged("a scene has a negative number");
      block.scene = start;
      return;
    default: break;
  }
  if (size > 1 && stored > 1) throw Error(ErrorCode::kUnsupportedFeature, "the CZI file keeps several planes in one block, which is not read; save it from ZEN anew");
  switch (name) {
    case 'C': block.c = start; return;
    case 'Z': block.z = start; return;
    case 'T': block.t = start; return;
    default: break;
  }
  const std::size_t other = kCziOtherDimensions.find(name);
  if (other == kCziOtherDimensions.npos) return;
  if (start < 0 || start > kMaxCziOtherIndex) czi_damaged("a block has an impossible index");
  block.others |= static_cast<std::uint64_t>(start) << 12 * other;
}

CziBlock read_block(Reader& reader) {
  const Bytes head = reader.peek(kEntryHeadBytes);
  if (head[0] != 'D' || head[1] != 'V') czi_damaged("its directory lists a block of an unknown kind");
  const std::uint32_t dimensions = le32(head, 28);
  if (dimensions < 2 || dimensions > kMaxDimensions) czi_damaged("its directory lists a block without a size");
  if (le32(head, 14) != 0) several_files();
  CziBlock block;
  block.pixel_type = le_i32(head, 2);
  block.at = le64(head, 6);
  block.compression = le_i32(head, 18);
  const Bytes entry = reader.take(kEntryHeadBytes + dimensions * kDimensionBytes).subspan(kEntryHeadBytes);
  for (std::size_t at = 0; at < entry.size(); at += kDimensionBytes) {
    const std::int32_t size = le_i32(entry, at + 8), stored = le_i32(entry, at + 16);
    set_dimension(block, static_cast<char>(entry[at]), le_i32(entry, at + 4), size, stored == 0 ? size : stored);
  }
  if (block.width_px < 1 || block.height_px < 1 || block.stored_width_px < 1 || block.stored_height_px < 1) czi_damaged("a block has no size");
  if (block.stored_width_px > block.width_px || block.stored_height_px > block.height_px) {
    throw Error(ErrorCode::kUnsupportedFeature, "the CZI file stores blocks larger than they are, which is not read; save it from ZEN anew");
  }
  return block;
}

std::vector<CziBlock> read_blocks(Source& source, std::uint64_t at) {
  if (at == 0) throw Error(ErrorCode::kCorrupt, "the CZI file has no directory of its pixels: it was not saved to its end");
  const CziSegment segment = find_czi_segment(source, at, "ZISRAWDIRECTORY");
  Reader reader(source, segment.data_at, segment.data_at + segment.bytes);
  const std::uint32_t count = le32(reader.take(128), 0);
  if (count == 0) czi_damaged("it has no pixels");
  if (count > segment.bytes / (kEntryHeadBytes + 2 * kDimensionBytes)) czi_damaged("its directory is shorter than it says");
  if (count > kMaxBlocks) throw Error(ErrorCode::kTooLarge, "the CZI file has " + std::to_string(count) + " blocks of pixels; " + std::to_string(kMaxBlocks) + " are the limit");
  std::vector<CziBlock> blocks;
  blocks.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) blocks.push_back(read_block(reader));
  return blocks;
}

void read_xml(Source& source, std::uint64_t at, CziDirectory& directory) {
  if (at == 0) return;
  const CziSegment segment = find_czi_segment(source, at, "ZISRAWMETADATA");
  if (segment.bytes < 256) czi_damaged("its metadata have no room");
  directory.xml_bytes = SourceNumbers(source, true).u32(segment.data_at);
  if (directory.xml_bytes > segment.bytes - 256) czi_damaged("its metadata are shorter than they say");
  const auto bytes = source.read(segment.data_at + 256, std::min(directory.xml_bytes, kMaxXmlBytes));
  directory.xml.assign(bytes.begin(), bytes.end());
}

void read_attachments(Source& source, std::uint64_t at, CziDirectory& directory) {
  if (at == 0) return;
  const CziSegment segment = find_czi_segment(source, at, "ZISRAWATTDIR");
  Reader reader(source, segment.data_at, segment.data_at + segment.bytes);
  const std::uint32_t count = le32(reader.take(256), 0);
  for (std::uint32_t i = 0; i < std::min(count, kMaxAttachments); ++i) {
    const Bytes entry = reader.take(128);
    if (entry[0] != 'A' || entry[1] != '1') czi_damaged("it lists an attachment of an unknown kind");
    CziAttachment attachment{.name = clean_text(text_of(entry.subspan(48, 80))), .type = clean_text(text_of(entry.subspan(40, 8)))};
    const CziSegment part = find_czi_segment(source, le64(entry, 12), "ZISRAWATTACH");
    attachment.bytes = std::min(SourceNumbers(source, true).u64(part.data_at), part.bytes);
    directory.attachments.push_back(std::move(attachment));
  }
}

}  // namespace

void czi_damaged(const std::string& how) { throw Error(ErrorCode::kCorrupt, "the CZI file is damaged (" + how + ")"); }

CziSegment find_czi_segment(Source& source, std::uint64_t at, std::string_view kind) {
  std::array<std::uint8_t, kHeadBytes> head{};
  source.read(at, head);
  if (text_of(Bytes(head).first(16)) != kind) czi_damaged("a part of it is not where it should be");
  const std::uint64_t used = le64(head, 24), allocated = le64(head, 16);
  const CziSegment segment{at + kHeadBytes, used == 0 ? allocated : used};
  if (!source.has(segment.data_at, segment.bytes)) throw Error(ErrorCode::kTruncated, "the CZI file is cut off: its end is missing");
  return segment;
}

bool is_czi(Source& source) {
  constexpr std::string_view kMagic = "ZISRAWFILE";
  std::array<std::uint8_t, kMagic.size()> begin{};
  if (!source.has(0, begin.size())) return false;
  source.read(0, begin);
  return std::equal(begin.begin(), begin.end(), kMagic.begin(), [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
}

CziDirectory read_czi_directory(Source& source) {
  constexpr std::size_t kFileHeaderBytes = 80;
  const CziSegment segment = find_czi_segment(source, 0, "ZISRAWFILE");
  if (segment.bytes < kFileHeaderBytes) czi_damaged("its header is too short");
  const std::vector<std::uint8_t> header = source.read(segment.data_at, kFileHeaderBytes);
  if (le32(header, 48) != 0) several_files();
  CziDirectory directory;
  directory.blocks = read_blocks(source, le64(header, 52));
  read_xml(source, le64(header, 60), directory);
  // Nothing that is read depends on them.
  try {
    read_attachments(source, le64(header, 72), directory);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kUnreadable || error.code() == ErrorCode::kOutOfMemory) throw;
    directory.attachments_damaged = true;
  }
  return directory;
}

}  // namespace cytodrop
