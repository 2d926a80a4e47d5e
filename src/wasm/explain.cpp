// Entries about what is computed of a cell beyond its verdict.

#include "core/explain/deletion.h"
#include "core/explain/turns.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

namespace {

constexpr int kMaxClasses = 8192;

/// One prepared input that JavaScript passed, with its shape [1, C, H, W].
struct OneInput {
  std::vector<float> values;
  InputView view;

  OneInput(const val& tensor, const val& shape) : values(copy_in<float>(tensor, "Float32Array", "tensor")) {
    const CellShape sides = cell_shape(shape, "1", 1);
    view = {values.data(), sides.channels, sides.height, sides.width};
    if (static_cast<double>(view.channels) * view.height_px * view.width_px != static_cast<double>(values.size())) {
      throw Error(ErrorCode::kInvalidArgument, "tensor must have as many values as its shape says, not " + std::to_string(values.size()));
    }
  }

  /// Several of its kind.
  val output(const std::vector<float>& several) const {
    val object = val::object();
    object.set("data", copy_out(several));
    object.set("shape", array_of({static_cast<int>(several.size() / values.size()), view.channels, view.height_px, view.width_px}));
    return object;
  }
};

}  // namespace

val Classifier::turn(const val& tensor, const val& shape) const {
  return guard([&] {
    const OneInput input(tensor, shape);
    return input.output(turned(input.view));
  });
}

val Classifier::agreement(const val& probabilities, const val& class_count, const val& class_index) const {
  return guard([&] {
    const std::vector<double> given = copy_in<double>(probabilities, "Float64Array", "probabilities");
    const int classes = whole_number(class_count, "class_count", 1, kMaxClasses);
    const Agreement found = cytodrop::agreement(given, classes, whole_number(class_index, "class_index", 0, kMaxClasses));
    val object = val::object();
    object.set("agree", found.agree);
    object.set("of", found.of);
    object.set("least_probability", found.least_probability);
    object.set("mean_probability", found.mean_probability);
    return object;
  });
}

val Classifier::delete_regions(const val& tensor, const val& shape, const val& map, const val& map_height, const val& map_width, const val& order) const {
  return guard([&] {
    const OneInput input(tensor, shape);
    const std::vector<float> values = copy_in<float>(map, "Float32Array", "map");
    const MapView view{values.data(), whole_number(map_height, "map_height", 1, kMaxSide), whole_number(map_width, "map_width", 1, kMaxSide)};
    if (static_cast<std::size_t>(view.regions()) != values.size()) {
      throw Error(ErrorCode::kInvalidArgument, "map must have map_height × map_width values, not " + std::to_string(values.size()));
    }
    return input.output(deleted(input.view, view, whole_number(order, "order", 0, kDeletionOrders - 1)));
  });
}

val Classifier::deletion(const val& whole, const val& probabilities, const val& regions) const {
  return guard([&] {
    constexpr int kMaxRegions = 1 << 26;
    const double before = finite_number(whole, "whole", 0, 1);
    const std::vector<double> after = copy_in<double>(probabilities, "Float64Array", "probabilities");
    const Deletion found = cytodrop::deletion(before, after, whole_number(regions, "regions", 1, kMaxRegions));
    val object = val::object();
    object.set("shares", copy_out(found.shares));
    object.set("by_map", copy_out(found.by_map));
    object.set("from_middle", copy_out(found.from_middle));
    object.set("at_random", copy_out(found.at_random));
    object.set("map_area", found.map_area);
    object.set("middle_area", found.middle_area);
    object.set("random_area", found.random_area);
    object.set("beaten", found.beaten);
    object.set("random_orders", found.random_orders);
    object.set("explains", std::string(to_string(found.explains)));
    return object;
  });
}

}  // namespace cytodrop
