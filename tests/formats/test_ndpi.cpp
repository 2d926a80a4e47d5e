#include <algorithm>
#include <cstdlib>

#include "catch.h"
#include "check_file.h"
#include "core/formats/pages.h"
#include "write_ndpi.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;
constexpr std::uint64_t kHeader = 12;

/// A file of which the bytes behind the header lie far away, and nothing in between; counts what is asked for.
class FarSource final : public Source {
 public:
  FarSource(FileBytes bytes, std::uint64_t far) : bytes_(std::move(bytes)), far_(far) {}
  std::uint64_t size() const override { return bytes_.size() + far_; }
  std::uint64_t asked() const { return asked_; }

 protected:
  void fetch(std::uint64_t at, std::span<std::uint8_t> to) override {
    asked_ += to.size();
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::uint64_t place = at + i;
      to[i] = place < kHeader ? bytes_[static_cast<std::size_t>(place)] : place < kHeader + far_ ? std::uint8_t{0} : bytes_[static_cast<std::size_t>(place - far_)];
    }
  }

 private:
  FileBytes bytes_;
  std::uint64_t far_, asked_ = 0;
};

/// How far any colour is from that of its part.
int farthest(const Image& image, int left = 0, int top = 0) {
  REQUIRE(image.channels() == 3);
  int far = 0;
  for (int y = 0; y < image.height_px(); ++y) {
    for (int x = 0; x < image.width_px(); ++x) {
      const std::vector<int> wanted = ndpi_colour((left + x) / 16, (top + y) / 8);
      for (int c = 0; c < 3; ++c) far = std::max(far, std::abs(static_cast<int>(image.view().row(y)[3 * x + c]) - wanted[static_cast<std::size_t>(c)]));
    }
  }
  return far;
}

}  // namespace

TEST_CASE("levels of an NDPI are read, and what lies beside them is no page") {
  const auto file = open_bytes(ndpi_examples().at("levels"));
  REQUIRE(file->series().size() == 1);
  const Series& series = file->series()[0];
  REQUIRE(series.levels.size() == 2);
  CHECK(series.levels[0].width_px == 128);
  CHECK(series.levels[0].height_px == 96);
  CHECK(series.levels[1].width_px == 64);
  CHECK(series.x_um == Approx(0.25));
  CHECK(series.y_um == Approx(0.25));
  CHECK(page_count(*file) == 1);
  CHECK(farthest(file->read({})) <= 3);
  CHECK(farthest(file->read({.level = 1})) <= 3);
  CHECK(farthest(file->read({.region = Box{37, 21, 50, 40}}), 37, 21) <= 3);
  CHECK_FALSE(file->damaged());
  const FileContent content = inspect(*file);
  const auto has = [&](const std::string& name) { return std::any_of(content.tags.begin(), content.tags.end(), [&](const auto& tag) { return tag.name == name && tag.mark == Mark::kText; }); };
  CHECK(has("Overview"));
  CHECK(has("ImageDescription"));
}

TEST_CASE("an NDPI without a list of its restart markers, or with a wrong one, is searched for them; one without any is decoded whole") {
  for (const std::string name : {"unlisted", "misled", "whole"}) {
    INFO(name);
    const auto file = open_bytes(ndpi_examples().at(name));
    CHECK(farthest(file->read({.region = Box{5, 3, 40, 5}}), 5, 3) <= 3);
  }
}

TEST_CASE("an NDPI of more than four gigabytes is read, and of a level of a hundred thousand pixels a small part of its bytes") {
  for (const std::uint64_t far : {kGib, 4 * kGib - 3000, 40 * kGib}) {
    auto source = std::make_shared<FarSource>(make_ndpi({{8, 4}, {4, 2, 20}}, far), far);
    const auto file = open_image_file(source);
    REQUIRE(file->series()[0].levels.size() == 2);
    CHECK(farthest(file->read({})) <= 3);
    CHECK(farthest(file->read({.level = 1})) <= 3);
  }
  const NdpiLevel large{.across = 6250, .down = 100};
  auto source = std::make_shared<FarSource>(make_ndpi({large}, 5 * kGib), 5 * kGib);
  const auto file = open_image_file(source);
  REQUIRE(file->series()[0].levels[0].width_px == 100'000);
  const std::uint64_t before = source->asked();
  CHECK(farthest(file->read({.region = Box{60'000, 300, 400, 200}}), 60'000, 300) <= 3);
  // Once the list of 625,000 numbers; then the parts.
  const std::uint64_t first = source->asked() - before;
  CHECK(first < 5'100'000);
  file->read({.region = Box{20'000, 100, 400, 200}});
  CHECK(source->asked() - before - first < 20'000);
}

TEST_CASE("a damaged NDPI ends in an Error or in pixels") {
  for (const auto& [name, bytes] : ndpi_examples()) {
    INFO(name);
    for (std::size_t size = 0; size < bytes.size(); size += 41) reads_or_refuses(FileBytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
      FileBytes changed = bytes;
      changed[i] ^= 0x55;
      reads_or_refuses(changed);
    }
  }
  FileBytes cut = ndpi_examples().at("levels");
  cut.resize(cut.size() - 20);
  CHECK(error_of([&] { open_bytes(cut); }).code() == ErrorCode::kTruncated);
  FileBytes another = ndpi_examples().at("whole");
  for (std::size_t i = 0; i + 12 < another.size(); ++i) {
    if (another[i] == 3 && another[i + 1] == 1 && another[i + 2] == 3 && another[i + 8] == 7) another[i + 8] = 1;
  }
  CHECK(error_of([&] { open_bytes(another); }).code() == ErrorCode::kUnsupportedFeature);
}
