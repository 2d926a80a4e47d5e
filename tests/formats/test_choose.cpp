#include <cmath>

#include "catch.h"
#include "core/formats/choose.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

/// Channels of those names; of each five planes of a chequered board, the third with the most contrast in all but the second channel.
class Stack final : public ImageFile {
 public:
  explicit Stack(const std::vector<std::string>& names) {
    series_[0].levels = {{40, 30}};
    series_[0].z = 5;
    series_[0].channels.clear();
    for (const std::string& name : names) series_[0].channels.push_back({.name = name});
  }
  FileFormat format() const override { return FileFormat::kNd2; }
  const std::vector<Series>& series() const override { return series_; }
  void list_tags(TagList&) const override {}

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    const int sharpest = choice.channel == 1 ? 4 : 2;
    const int contrast = 50 - 10 * std::abs(choice.z - sharpest);
    for (int y = 0; y < image.height_px(); ++y) {
      for (int x = 0; x < image.width_px(); ++x) {
        const int sign = (x + y + choice.region->left_px + choice.region->top_px) % 2 == 0 ? 1 : -1;
        image.data()[y * image.width_px() + x] = static_cast<std::byte>(100 + sign * contrast);
      }
    }
  }

 private:
  std::vector<Series> series_{1};
};

}  // namespace

TEST_CASE("where nobody chose, the brightfield channel and its sharpest plane are looked at, and it is said") {
  Stack named({"DAPI", "TL Phase", "GFP"});
  const ChosenPlane chosen = choose_plane(named, 0);
  CHECK(chosen.channel == 1);
  CHECK(chosen.z == 4);
  CHECK(chosen.reason == "The channel TL Phase was chosen, by its name, and the sharpest of 5 planes, number 5, by the variance of its Laplacian.");
  Stack unnamed({"", ""});
  CHECK(choose_plane(unnamed, 0).channel == 0);
  CHECK(choose_plane(unnamed, 0).z == 2);
  Stack single({""});
  CHECK(choose_plane(single, 0).reason == "The sharpest of 5 planes was chosen, number 3, by the variance of its Laplacian.");
  for (const std::string name : {"Brightfield", "BF", "bf-1", "DIC", "TL-DIC", "Transmitted light", "T-PMT", "Ph2", "Phase contrast"}) {
    Stack stack({"Cy5", name});
    CHECK(choose_plane(stack, 0).channel == 1);
  }
  for (const std::string name : {"Alexa 488", "mCherry", "subfraction"}) {
    Stack stack({"Cy5", name});
    CHECK(choose_plane(stack, 0).channel == 0);
  }
}

TEST_CASE("a projection is the largest or the mean of all planes") {
  Stack stack({"BF"});
  const Image most = read_projected(stack, {.z = 3}, Projection::kMax), mean = read_projected(stack, {.z = 3}, Projection::kMean);
  CHECK(most.data()[0] == std::byte{150});
  CHECK(most.data()[1] == std::byte{100 - 30});
  CHECK(mean.data()[0] == std::byte{138});  // 100 + (30 + 40 + 50 + 40 + 30) / 5
  CHECK(read_projected(stack, {.z = 3}, Projection::kNone).data()[0] == std::byte{140});
}
