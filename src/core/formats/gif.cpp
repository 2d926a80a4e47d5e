#include "core/formats/gif.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/formats/picture_file.h"

namespace cytodrop {
namespace {

[[noreturn]] void broken(const std::string& why) { throw Error(ErrorCode::kCorrupt, "the GIF file is damaged (" + why + ")"); }
[[noreturn]] void cut_off() { throw Error(ErrorCode::kTruncated, "the GIF file is cut off: its end is missing"); }

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

/// Bytes of the blocks that hold a frame's codes, one after the other.
class BlockBits {
 public:
  BlockBits(Bytes file, std::size_t at) : file_(file), at_(at) {}

  /// -1 where the blocks end.
  int take(int count) {
    while (held_ < count) {
      if (left_ == 0) {
        if (at_ >= file_.size()) cut_off();
        left_ = file_[at_++];
        if (left_ == 0) {
          --at_;
          return -1;
        }
      }
      if (at_ >= file_.size()) cut_off();
      bits_ |= static_cast<std::uint32_t>(file_[at_++]) << held_;
      held_ += 8;
      --left_;
    }
    const int value = static_cast<int>(bits_ & ((1u << count) - 1));
    bits_ >>= count;
    held_ -= count;
    return value;
  }

 private:
  Bytes file_;
  std::size_t at_, left_ = 0;
  std::uint32_t bits_ = 0;
  int held_ = 0;
};

/// Colour indices of a frame. Source: GIF89a, appendix F.
std::vector<std::uint8_t> decode_lzw(Bytes file, std::size_t at, int root_bits, std::size_t count) {
  constexpr int kMaxCodes = 4096;
  // A code stands for the string of another one and a last index.
  std::array<std::uint16_t, kMaxCodes> before{};
  std::array<std::uint8_t, kMaxCodes> last{}, first{};
  std::array<std::uint16_t, kMaxCodes> length{};
  const int clear = 1 << root_bits, end = clear + 1;
  for (int i = 0; i < clear; ++i) {
    last[static_cast<std::size_t>(i)] = first[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i);
    length[static_cast<std::size_t>(i)] = 1;
  }
  BlockBits bits(file, at);
  std::vector<std::uint8_t> out(count);
  std::size_t done = 0;
  int next = end + 1, code_bits = root_bits + 1, previous = -1;
  while (done < count) {
    const int code = bits.take(code_bits);
    if (code < 0 || code == end) broken("its frame has fewer pixels than it states");
    if (code == clear) {
      next = end + 1;
      code_bits = root_bits + 1;
      previous = -1;
      continue;
    }
    // The next code may be used in the moment in which it is made.
    if (code > next || (code >= clear && code <= end) || (code == next && previous < 0) || (previous < 0 && code >= clear)) broken("its frame has a code that stands for nothing");
    if (code == next && next == kMaxCodes) broken("its frame has a code that stands for nothing");
    if (previous >= 0 && next < kMaxCodes) {
      const auto from = static_cast<std::size_t>(previous), made = static_cast<std::size_t>(next);
      before[made] = static_cast<std::uint16_t>(previous);
      first[made] = first[from];
      last[made] = first[static_cast<std::size_t>(code == next ? previous : code)];
      length[made] = static_cast<std::uint16_t>(length[from] + 1);
      ++next;
      if (next == 1 << code_bits && code_bits < 12) ++code_bits;
    }
    // From the end of the string to its begin; what goes beyond the frame is left out.
    std::size_t place = done + length[static_cast<std::size_t>(code)];
    const std::size_t stop = place;
    for (auto at_code = static_cast<std::size_t>(code); place > done; at_code = before[at_code]) {
      if (--place < count) out[place] = last[at_code];
    }
    done = stop;
    previous = code;
  }
  return out;
}

class GifFile final : public PictureFile {
 public:
  explicit GifFile(const std::shared_ptr<Source>& source) : file_(source->read(0, source->size())) {
    need(0, 13);
    const std::size_t screen_width = le16(file_, 6), screen_height = le16(file_, 8);
    std::size_t at = 13;
    take_colours(file_[10], at);
    walk(at);
    if (frames_ == 0) broken("it has no frame");
    // As browsers show it: a frame that reaches out of the picture makes it larger.
    width_ = std::max(screen_width, left_ + frame_width_);
    height_ = std::max(screen_height, top_ + frame_height_);
    state(static_cast<std::int64_t>(width_), static_cast<std::int64_t>(height_), 3, 8);
  }

  FileFormat format() const override { return FileFormat::kGif; }

  void list_tags(TagList& tags) const override {
    for (const std::string& comment : comments_) tags.add("GIF", "Comment", comment, Mark::kText);
    if (frames_ > 1) tags.note("The file is an animation of " + std::to_string(frames_) + " frames, of which only the first is read.");
  }

 protected:
  Image decode_all() override {
    Image image(static_cast<int>(width_), static_cast<int>(height_), 3, SampleType::kUint8);
    std::memset(image.data(), 0xff, image.row_stride_bytes() * height_);
    const std::vector<std::uint8_t> indices = decode_lzw(file_, codes_at_, root_bits_, frame_width_ * frame_height_);
    std::size_t from = 0;
    const auto row = [&](std::size_t y) {
      std::byte* to = image.data() + (top_ + y) * image.row_stride_bytes() + 3 * left_;
      for (std::size_t x = 0; x < frame_width_; ++x, to += 3) {
        const std::uint8_t index = indices[from++];
        if (index == transparent_) continue;
        const Colour colour = index < colours_.size() ? colours_[index] : Colour{};
        to[0] = static_cast<std::byte>(colour.red);
        to[1] = static_cast<std::byte>(colour.green);
        to[2] = static_cast<std::byte>(colour.blue);
      }
    };
    if (interlaced_) {
      constexpr std::size_t kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
      for (std::size_t pass = 0; pass < 4; ++pass) {
        for (std::size_t y = kFirst[pass]; y < frame_height_; y += kStep[pass]) row(y);
      }
    } else {
      for (std::size_t y = 0; y < frame_height_; ++y) row(y);
    }
    return image;
  }

 private:
  void need(std::size_t at, std::size_t count) const {
    if (at > file_.size() || file_.size() - at < count) cut_off();
  }

  /// A table of colours, where the flags say that one follows.
  void take_colours(std::uint8_t flags, std::size_t& at) {
    if ((flags & 0x80) == 0) return;
    const std::size_t count = std::size_t{2} << (flags & 7);
    need(at, 3 * count);
    colours_.resize(count);
    for (Colour& colour : colours_) {
      colour = {file_[at], file_[at + 1], file_[at + 2]};
      at += 3;
    }
  }

  /// Passes blocks of up to 255 bytes each, and gathers them where somebody wants them.
  void pass_blocks(std::size_t& at, std::string* text = nullptr) const {
    while (true) {
      need(at, 1);
      const std::size_t count = file_[at++];
      if (count == 0) return;
      need(at, count);
      if (text && text->size() < 2 * kMaxValueBytes) text->append(reinterpret_cast<const char*>(&file_[at]), count);
      at += count;
    }
  }

  void walk(std::size_t at) {
    int transparent = -1;
    while (true) {
      // The last byte is often missing, and nothing with it.
      if (at == file_.size() && frames_ > 0) return;
      need(at, 1);
      const std::uint8_t kind = file_[at++];
      if (kind == 0x3b) return;
      if (kind == 0x21) {
        need(at, 1);
        const std::uint8_t extension = file_[at++];
        if (extension == 0xf9) {
          need(at, 5);
          if (file_[at] == 4) transparent = (file_[at + 1] & 1) != 0 ? file_[at + 4] : -1;
        }
        std::string text;
        pass_blocks(at, extension == 0xfe ? &text : nullptr);
        if (!text.empty() && comments_.size() < 20) comments_.push_back(clean_text(text));
      } else if (kind == 0x2c) {
        take_frame(at, transparent);
        transparent = -1;
      } else if (frames_ > 0) {
        return;  // what follows the frames is nobody's business
      } else {
        broken("something else stands where a frame should");
      }
    }
  }

  void take_frame(std::size_t& at, int transparent) {
    need(at, 9);
    const std::uint8_t flags = file_[at + 8];
    const bool first = frames_++ == 0;
    if (first) {
      left_ = le16(file_, at);
      top_ = le16(file_, at + 2);
      frame_width_ = le16(file_, at + 4);
      frame_height_ = le16(file_, at + 6);
      if (frame_width_ == 0 || frame_height_ == 0) broken("its frame has no size");
      interlaced_ = (flags & 0x40) != 0;
      transparent_ = transparent;
    }
    at += 9;
    if (first) {
      take_colours(flags, at);
    } else if ((flags & 0x80) != 0) {
      const std::size_t bytes = std::size_t{6} << (flags & 7);
      need(at, bytes);
      at += bytes;
    }
    need(at, 1);
    const int bits = file_[at++];
    if (first) {
      if (bits < 1 || bits > 8) broken("its frame has codes of an impossible length");
      root_bits_ = bits;
      codes_at_ = at;
    }
    pass_blocks(at);
  }

  std::vector<std::uint8_t> file_;
  std::vector<Colour> colours_;
  std::vector<std::string> comments_;
  std::size_t width_ = 0, height_ = 0, left_ = 0, top_ = 0, frame_width_ = 0, frame_height_ = 0, codes_at_ = 0;
  int root_bits_ = 0, transparent_ = -1, frames_ = 0;
  bool interlaced_ = false;
};

}  // namespace

bool is_gif(Source& source) {
  if (!source.has(0, 6)) return false;
  const std::vector<std::uint8_t> start = source.read(0, 6);
  return std::memcmp(start.data(), "GIF87a", 6) == 0 || std::memcmp(start.data(), "GIF89a", 6) == 0;
}

std::unique_ptr<ImageFile> open_gif(std::shared_ptr<Source> source) { return std::make_unique<GifFile>(source); }

}  // namespace cytodrop
