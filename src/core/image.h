#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace cytodrop {

/// Type of one channel of one pixel. Full scale is 255, 65535 and 1.0.
enum class SampleType { kUint8, kUint16, kFloat32 };

constexpr std::size_t sample_bytes(SampleType type) {
  return type == SampleType::kUint8 ? 1 : type == SampleType::kUint16 ? 2 : 4;
}

/// Part of an image in px, origin top left.
struct Box {
  int left_px = 0;
  int top_px = 0;
  int width_px = 0;
  int height_px = 0;

  bool operator==(const Box&) const = default;
};

/// Corner of an outline, in px of an image.
struct Point {
  float x_px = 0;
  float y_px = 0;
};

/// Non-owning view of H×W×C interleaved samples; row stride and width are different things.
struct ImageView {
  const std::byte* data = nullptr;
  int width_px = 0;
  int height_px = 0;
  int channels = 0;  ///< 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA
  SampleType type = SampleType::kUint8;
  std::size_t row_stride_bytes = 0;

  std::size_t pixel_bytes() const { return static_cast<std::size_t>(channels) * sample_bytes(type); }
  const std::byte* row(int y_px) const {
    return data + static_cast<std::size_t>(y_px) * row_stride_bytes;
  }

  /// A view of part of this one; nothing is copied.
  ///
  /// Raises: kInvalidArgument when the box is empty or reaches outside.
  ImageView crop(const Box& box) const;
};

/// An owned image with tightly packed rows.
class Image {
 public:
  struct Free {
    void operator()(std::byte* p) const noexcept { std::free(p); }
  };
  using Buffer = std::unique_ptr<std::byte[], Free>;

  Image() = default;

  /// A black image.
  ///
  /// Raises: kInvalidArgument on a size below 1 px or channels outside 1–4, kOutOfMemory.
  Image(int width_px, int height_px, int channels, SampleType type);

  /// Takes over a malloc'ed buffer of height × width × channels samples.
  Image(Buffer buffer, int width_px, int height_px, int channels, SampleType type);

  ImageView view() const;
  int width_px() const { return width_px_; }
  int height_px() const { return height_px_; }
  int channels() const { return channels_; }
  SampleType type() const { return type_; }
  std::size_t row_stride_bytes() const {
    return static_cast<std::size_t>(width_px_ * channels_) * sample_bytes(type_);
  }
  std::byte* data() { return buffer_.get(); }
  const std::byte* data() const { return buffer_.get(); }

 private:
  Buffer buffer_;
  int width_px_ = 0;
  int height_px_ = 0;
  int channels_ = 0;
  SampleType type_ = SampleType::kUint8;
};

}  // namespace cytodrop
