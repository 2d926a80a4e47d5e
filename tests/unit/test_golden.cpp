// Whole tensors, logits, probabilities and maps against what the Python code computed.

#include <cmath>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/decode/decode.h"
#include "core/head/head.h"
#include "core/judge/judge.h"
#include "core/judge/novelty.h"
#include "core/prepare/prepare.h"
#include "core/spec/spec.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

Json read_json(const fs::path& path) {
  const FileBytes bytes = read_file(path);
  return Json::parse(bytes.begin(), bytes.end());
}

/// Largest difference, as a share of the expected values' range (of 1 where they hardly differ).
double worst_share(const std::vector<float>& got, const std::vector<float>& expected) {
  REQUIRE(got.size() == expected.size());
  const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(got[i]) - expected[i]));
  return worst / std::max(1.0, static_cast<double>(*high) - *low);
}

/// The shipped models, and one that has everything a spec may state.
std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders = shipped_classifiers();
  folders.push_back(source_dir() / "tests/golden/tiny-shapes");
  return folders;
}

}  // namespace

TEST_CASE("prepared tensors equal torch's, whole, to 1e-5 of the range") {
  const fs::path folder = source_dir() / "tests/golden/prepare";
  const Json cases = read_json(folder / "cases.json").at("cases");
  REQUIRE(cases.size() >= 10);
  for (const Json& item : cases) {
    INFO(item.dump());
    // A case states its rules as a spec does; the rest of a spec is filled in.
    Json spec = {{"schema_version", 1}, {"name", "golden"}, {"classes", {{{"id", "a"}}, {{"id", "b"}}}},
                 {"network", {{"features", {{"channels", 1}}}}},
                 {"head", {{"layers", {{{"name", "d"}, {"inputs", 1}, {"outputs", 2}, {"activation", "none"}}}}, {"output", "softmax"}}},
                 {"judge", {{"temperature", 1}, {"abstain_below", 0}}}};
    for (const char* key : {"input", "crop", "resize", "normalisation"}) spec[key] = item.at(key);
    const DecodedImage decoded = decode(read_file(folder / item.at("image").get<std::string>()));
    const auto tensor = prepare(decoded.image.view(), parse_spec(spec.dump()).prepare);
    CHECK(worst_share(tensor, read_floats(folder / item.at("tensor").get<std::string>())) <= 1e-5);
  }
}

TEST_CASE("golden cells of every model: tensor, logits, probabilities, map, verdict") {
  const auto folders = model_folders();
  REQUIRE(folders.size() > 1);
  int foreign_count = 0, sets = 0;
  for (const fs::path& folder : folders) {
    const FileBytes spec_bytes = read_file(folder / "spec.json");
    const ModelSpec spec = parse_spec({reinterpret_cast<const char*>(spec_bytes.data()), spec_bytes.size()});
    const Head head(spec.head, read_file(folder / read_json(folder / "spec.json").at("head").at("file").get<std::string>()));
    std::optional<Novelty> novelty;
    if (spec.novelty) novelty.emplace(*spec.novelty, read_file(folder / read_json(folder / "spec.json").at("novelty").at("file").get<std::string>()));
    const Json golden = read_json(folder / "golden/golden.json"), cases = golden.at("cases");
    REQUIRE_FALSE(cases.empty());
    std::vector<float> deviations;
    for (const Json& item : cases) {
      INFO(folder.filename() << " " << item.at("image"));
      const auto at = [&](const char* key) { return folder / "golden" / item.at(key).get<std::string>(); };
      const DecodedImage decoded = decode(read_file(at("image")));
      Seen seen;
      CHECK(worst_share(prepare(decoded.image.view(), spec.prepare, std::nullopt, &seen), read_floats(at("tensor"))) <= 1e-5);
      const Measures& measures = seen.measures;
      const auto expected_measures = item.at("measures").get<std::vector<double>>();
      REQUIRE(expected_measures.size() == measures.size());
      for (std::size_t i = 0; i < measures.size(); ++i) {
        INFO(kMeasureNames[i]);
        CHECK(measures[i] == Approx(expected_measures[i]).epsilon(1e-4).margin(1e-4));
      }
      std::vector<std::string> flags;
      for (const QualityFlag& flag : quality_flags(measures, spec.quality)) flags.emplace_back(flag.name);
      CHECK(flags == item.at("quality").get<std::vector<std::string>>());

      const std::vector<float> features = read_floats(at("features"));
      const auto shape = item.at("features_shape").get<std::vector<int>>();
      const HeadResult result = head.run({features.data(), shape.at(1), shape.at(2), shape.at(3)});
      CHECK(worst_share(result.logits, item.at("logits").get<std::vector<float>>()) <= 1e-5);

      const Verdict verdict = judge(result.logits, spec.head.output, spec.judge, novelty ? novelty->distance(result.embedding, measures) : std::nan(""));
      const auto probabilities = item.at("probabilities").get<std::vector<double>>();
      REQUIRE(verdict.probabilities.size() == probabilities.size());
      for (std::size_t i = 0; i < probabilities.size(); ++i) {
        CHECK(verdict.probabilities[i] == Approx(probabilities[i]).margin(1e-5));
      }
      CHECK(spec.class_ids[static_cast<std::size_t>(verdict.class_index)] == item.at("label").get<std::string>());
      CHECK(verdict.unsure == item.at("unsure").get<bool>());
      CHECK(item.contains("novelty") == novelty.has_value());
      if (novelty) {
        CHECK(verdict.novelty == Approx(item.at("novelty").get<double>()).epsilon(1e-5));
        CHECK(verdict.foreign == item.at("foreign").get<bool>());
        foreign_count += verdict.foreign;
        const std::vector<float> deviation = novelty->place(result.embedding, measures).deviation;
        deviations.insert(deviations.end(), deviation.begin(), deviation.end());
      }

      const auto map = item.at("map").at("values").get<std::vector<float>>();
      const auto first = result.maps.begin() + verdict.class_index * static_cast<std::ptrdiff_t>(map.size());
      CHECK(worst_share({first, first + static_cast<std::ptrdiff_t>(map.size())}, map) <= 1e-5);
    }
    if (golden.contains("batch")) {
      INFO(folder.filename());
      const BatchVerdict set = judge_batch(deviations, novelty->deviation_size(), novelty->look_size(), spec.judge.batch);
      CHECK(set.cells == cases.size());
      CHECK(set.shift == Approx(golden.at("batch").at("shift").get<double>()).epsilon(1e-4));
      CHECK(set.limit == Approx(golden.at("batch").at("limit").get<double>()).epsilon(1e-9));
      CHECK(set.look_shift == Approx(golden.at("batch").at("look_shift").get<double>()).epsilon(1e-4));
      CHECK(set.look_limit == Approx(golden.at("batch").at("look_limit").get<double>()).epsilon(1e-9));
      ++sets;
    }
  }
  CHECK(foreign_count > 0);
  CHECK(sets >= 3);
}
