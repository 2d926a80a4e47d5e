// Entries about learning new types from labelled cells, without a model.

#include <cmath>
#include <limits>

#include "core/learn/lessons.h"
#include "core/learn/suggest.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

namespace {

constexpr int kMostTypes = 64, kMostWidth = 65'536;
constexpr std::size_t kMostCells = 20'000;

/// Lessons with memory of their own.
struct OwnLessons {
  std::vector<float> values, turned;
  std::vector<std::int32_t> blocks, labels, groups;
  std::vector<double> known;
  Lessons lessons;

  explicit OwnLessons(const val& given) {
    const val& fields = fields_of(given, "lessons");
    labels = copy_in<std::int32_t>(fields["labels"], "Int32Array", "labels");
    if (labels.size() > kMostCells) throw Error(ErrorCode::kTooLarge, "of more than " + std::to_string(kMostCells) + " cells at once nothing can be learned");
    groups = copy_in<std::int32_t>(fields["groups"], "Int32Array", "groups");
    blocks = copy_in<std::int32_t>(fields["blocks"], "Int32Array", "blocks");
    values = copy_in<float>(fields["features"], "Float32Array", "features");
    turned = copy_in<float>(fields["turned"], "Float32Array", "turned");
    known = copy_in<double>(fields["known"], "Float64Array", "known");
    std::size_t width = 0;
    for (const std::int32_t block : blocks) width += static_cast<std::size_t>(std::max(0, block));
    if (width == 0 || width > kMostWidth) throw Error(ErrorCode::kInvalidArgument, "blocks must come to 1 to " + std::to_string(kMostWidth) + " features");
    lessons = {.features = {.values = values, .turned = turned, .blocks = blocks, .width = width},
               .labels = labels,
               .groups = groups,
               .known = known,
               .types = whole_number(fields["types"], "types", 2, kMostTypes)};
    check_lessons(lessons);
  }
  OwnLessons(const OwnLessons&) = delete;
  OwnLessons& operator=(const OwnLessons&) = delete;
};

std::vector<std::int32_t> whole(const std::vector<std::size_t>& numbers) { return {numbers.begin(), numbers.end()}; }
std::vector<float> single(const std::vector<double>& numbers) { return {numbers.begin(), numbers.end()}; }

}  // namespace

val plan_lessons(const val& given) {
  return guard([&] {
    OwnLessons own(given);
    const std::vector<Alike> alike = alike_among(own.lessons);
    const std::vector<std::int32_t> groups = joined_groups(own.groups, alike);
    own.lessons.groups = groups;
    const Folds folds = folds_of(own.lessons);
    val pairs = val::array();
    for (const Alike& pair : alike) pairs.call<void>("push", array_of({static_cast<int>(pair.one), static_cast<int>(pair.other)}));
    val object = val::object();
    object.set("alike", pairs);
    object.set("groups", copy_out(groups));
    object.set("parts", folds.count);
    object.set("is_grouped", folds.is_grouped);
    return object;
  });
}

val leave_part_out(const val& given, const val& part) {
  return guard([&] {
    const OwnLessons own(given);
    const Folds folds = folds_of(own.lessons);
    const LeftOut found = leave_out(own.lessons, folds, whole_number(part, "part", 0, 1000));
    val curve = val::array();
    for (const CurvePoint& point : found.curve) {
      val object = val::object();
      object.set("learned_from", point.learned_from);
      object.set("balanced_accuracy", point.balanced_accuracy);
      curve.call<void>("push", object);
    }
    val object = val::object();
    object.set("cells", copy_out(whole(found.cells)));
    object.set("logits", copy_out(found.logits));
    object.set("distances", copy_out(found.distances));
    object.set("strength", found.strength);
    object.set("curve", curve);
    return object;
  });
}

val learn_head(const val& given, const val& strength) {
  return guard([&] {
    const OwnLessons own(given);
    const LearnedHead head = strength.isNull() ? learn_best_head(own.lessons) : learn_head(own.lessons, finite_number(strength, "strength", 0, 1e9));
    val object = val::object();
    object.set("weights", copy_out(single(head.weights)));
    object.set("bias", copy_out(single(head.bias)));
    object.set("strength", head.strength);
    return object;
  });
}

val learn_kind(const val& given, const val& distances) {
  return guard([&] {
    const OwnLessons own(given);
    const std::vector<double> others = copy_in<double>(distances, "Float64Array", "distances");
    const Kind kind = kind_of(own.lessons);
    val object = val::object();
    object.set("mean", copy_out(single(kind.mean)));
    object.set("feature_scale", copy_out(single(kind.feature_scale)));
    object.set("feature_limit", copy_out(single(kind.feature_limit)));
    object.set("basis", copy_out(single(kind.basis)));
    object.set("scale", copy_out(single(kind.scale)));
    object.set("class_means", copy_out(single(kind.class_means)));
    object.set("residual_scale", kind.residual_scale);
    object.set("dimensions", static_cast<int>(kind.dimensions()));
    const double usual = usual_distance(others);
    object.set("threshold", std::isfinite(usual) ? val(usual) : val::null());
    return object;
  });
}

val suggest_lessons(const val& given, const val& labelled, const val& uncertainties, const val& count) {
  return guard([&] {
    const OwnLessons own(given);
    const std::vector<double> unsure = copy_in<double>(uncertainties, "Float64Array", "uncertainties");
    const int known = whole_number(labelled, "labelled", 0, static_cast<int>(kMostCells)), asked = whole_number(count, "count", 1, 1000);
    return copy_out(whole(suggest(own.lessons.features, static_cast<std::size_t>(known), unsure, static_cast<std::size_t>(asked))));
  });
}

val fit_temperature(const val& logits, const val& labels, const val& types) {
  return guard([&] {
    const std::vector<double> given = copy_in<double>(logits, "Float64Array", "logits");
    const std::vector<std::int32_t> known = copy_in<std::int32_t>(labels, "Int32Array", "labels");
    const int count = whole_number(types, "types", 2, kMostTypes);
    if (known.empty() || given.size() != known.size() * static_cast<std::size_t>(count)) throw Error(ErrorCode::kInvalidArgument, "logits must have a value of each type for every cell");
    for (const std::int32_t label : known) {
      if (label < 0 || label >= count) throw Error(ErrorCode::kInvalidArgument, "a label is no type");
    }
    for (const double value : given) {
      if (!std::isfinite(value)) throw Error(ErrorCode::kInvalidArgument, "a logit is not finite");
    }
    return val(fit_temperature(given, known, count));
  });
}

}  // namespace cytodrop
