#include "catch.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

TEST_CASE("a crop is a view with the stride of the whole image") {
  const Image image = noise_image(7, 5, 3, SampleType::kUint16);
  const ImageView part = image.view().crop({2, 1, 4, 3});
  CHECK(part.width_px == 4);
  CHECK(part.height_px == 3);
  CHECK(part.row_stride_bytes == 7 * 3 * 2);
  CHECK(part.row(2) == image.data() + (1 + 2) * 7 * 3 * 2 + 2 * 3 * 2);
}

TEST_CASE("a crop outside the image is refused and says both sizes") {
  const Image image(10, 8, 1, SampleType::kUint8);
  for (const Box box : {Box{0, 0, 11, 8}, Box{-1, 0, 4, 4}, Box{7, 0, 4, 4}, Box{0, 5, 4, 4}, Box{0, 0, 0, 4},
                        Box{2147483647, 0, 1, 1}, Box{0, 0, 1, 2147483647}}) {
    const Error error = error_of([&] { image.view().crop(box); });
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    CHECK(std::string(error.what()).find("10 × 8 px") != std::string::npos);
  }
}

TEST_CASE("an image starts black and refuses sizes that make no sense") {
  const Image image(3, 2, 4, SampleType::kFloat32);
  for (std::size_t i = 0; i < 3 * 2 * 4 * 4; ++i) CHECK(image.data()[i] == std::byte{0});
  CHECK(error_of([] { Image(0, 2, 1, SampleType::kUint8); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([] { Image(2, 2, 5, SampleType::kUint8); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("every error code has its own word") {
  std::vector<std::string> words;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    words.emplace_back(to_string(static_cast<ErrorCode>(code)));
  }
  CHECK(words.size() == 17);
  std::sort(words.begin(), words.end());
  CHECK(std::adjacent_find(words.begin(), words.end()) == words.end());
}
