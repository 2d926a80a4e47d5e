#include "core/image.h"

#include <string>
#include <utility>

#include "core/error.h"

namespace cytodrop {

ImageView ImageView::crop(const Box& box) const {
  if (box.width_px < 1 || box.height_px < 1 || box.left_px < 0 || box.top_px < 0 ||
      box.left_px > width_px - box.width_px || box.top_px > height_px - box.height_px) {
    throw Error(ErrorCode::kInvalidArgument,
                "the crop " + std::to_string(box.width_px) + " × " + std::to_string(box.height_px) +
                    " px at (" + std::to_string(box.left_px) + ", " + std::to_string(box.top_px) +
                    ") does not lie within the image of " + std::to_string(width_px) + " × " +
                    std::to_string(height_px) + " px");
  }
  ImageView part = *this;
  part.data = row(box.top_px) + static_cast<std::size_t>(box.left_px) * pixel_bytes();
  part.width_px = box.width_px;
  part.height_px = box.height_px;
  return part;
}

Image::Image(int width_px, int height_px, int channels, SampleType type)
    : width_px_(width_px), height_px_(height_px), channels_(channels), type_(type) {
  if (width_px < 1 || height_px < 1 || channels < 1 || channels > 4) {
    throw Error(ErrorCode::kInvalidArgument, "an image needs at least 1 × 1 px and 1 to 4 channels");
  }
  const std::size_t bytes = static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px) *
                            static_cast<std::size_t>(channels) * sample_bytes(type);
  buffer_.reset(static_cast<std::byte*>(std::calloc(bytes, 1)));
  if (!buffer_) {
    throw Error(ErrorCode::kOutOfMemory,
                "there is no memory for an image of " + std::to_string(bytes / 1000000) + " MB");
  }
}

Image::Image(Buffer buffer, int width_px, int height_px, int channels, SampleType type)
    : buffer_(std::move(buffer)), width_px_(width_px), height_px_(height_px), channels_(channels), type_(type) {}

ImageView Image::view() const {
  return {buffer_.get(), width_px_, height_px_, channels_, type_, row_stride_bytes()};
}

}  // namespace cytodrop
