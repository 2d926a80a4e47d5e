// Hostile and odd ONNX files: each ends in an Error that says what is wrong, or in a network that runs.

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "catch.h"
#include "core/network/network.h"
#include "core/simd.h"
#include "onnx_writer.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

const GraphWriter::Integers kShape{-1, 3, 6, 6};

/// Between -1 and 1; the same in every build, as <random>'s distributions are not.
std::vector<float> noise(std::size_t count) {
  static std::mt19937 random(3);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random() >> 8) * 0x1p-23f - 1;
  return values;
}

/// A small network with most operators in it.
FileBytes sound_file() {
  return GraphWriter()
      .constant("w1", {8, 3, 3, 3}, noise(216)).constant("b1", {8}, noise(8)).constant("w2", {8, 1, 3, 3}, noise(72))
      .constant("w3", {8, 8, 1, 1}, noise(64)).constant("low", {}, {0}).constant("high", {}, {6})
      .constant("n", {8}, {1, 1, 1, 1, 1, 1, 1, 1}).constant("g", {8, 5}, noise(40)).integers("flat", {0, -1})
      .node("Conv", {"x", "w1", "b1"}, "a", {{"strides", {2, 2}}, {"pads", {0, 0, 1, 1}}})
      .node("BatchNormalization", {"a", "n", "n", "n", "n"}, "b")
      .node("Clip", {"b", "low", "high"}, "c")
      .node("Conv", {"c", "w2"}, "d", {{"group", {8}}, {"pads", {1, 1, 1, 1}}})
      .node("GlobalAveragePool", {"d"}, "e").node("Sigmoid", {"e"}, "f").node("Mul", {"d", "f"}, "h")
      .node("Conv", {"h", "w3"}, "i").node("Add", {"c", "i"}, "j").node("Relu", {"j"}, "k")
      .node("MaxPool", {"k"}, "l", {{"kernel_shape", {2, 2}}}).node("Concat", {"l", "l"}, "m", {{"axis", {1}}})
      .node("GlobalAveragePool", {"l"}, "o").node("Reshape", {"o", "flat"}, "p").node("Gemm", {"p", "g"}, "y")
      .file(kShape);
}

void load_and_run(const FileBytes& file, const std::vector<int>& shape = {1, 3, 6, 6}) {
  Network network(file, "x", "y");
  std::size_t count = 1;
  for (const int side : shape) count *= static_cast<std::size_t>(side);
  network.run(std::vector<float>(count, 0.5f), shape);
}

ErrorCode code_of(const FileBytes& file) {
  return error_of([&] { load_and_run(file); }).code();
}

/// A file around one operator, with what it may need at hand.
GraphWriter with_constants() {
  return GraphWriter().constant("w", {4, 3, 3, 3}, noise(108)).constant("one", {1}, {1}).integers("axes", {2, 3});
}

bool is_allowed(ErrorCode code) {
  return code == ErrorCode::kInvalidModel || code == ErrorCode::kUnsupportedOperator || code == ErrorCode::kTooLarge ||
         code == ErrorCode::kInvalidArgument;
}

/// Loads and runs what may be anything; counts the files that still run.
int survives(const FileBytes& file) {
  try {
    load_and_run(file);
    return 1;
  } catch (const Error& error) {
    if (!is_allowed(error.code())) FAIL(to_string(error.code()) << ": " << error.what());
    return 0;
  }
}

}  // namespace

TEST_CASE("a small network of most operators runs") { CHECK_NOTHROW(load_and_run(sound_file())); }

TEST_CASE("every build, native and WASM, of any compiler, gives the same bits") {
  std::mt19937 random(1);
  const auto values = [&](std::size_t count) {
    std::vector<float> all(count);
    for (float& value : all) value = static_cast<float>(random() >> 8) * 0x1p-23f - 1;
    return all;
  };
  GraphWriter graph;
  graph.constant("w1", {13, 3, 3, 3}, values(351)).constant("w2", {13, 1, 5, 5}, values(325)).constant("w3", {22, 13, 1, 1}, values(286));
  graph.node("Conv", {"x", "w1"}, "a", {{"strides", {2, 2}}}).node("HardSwish", {"a"}, "b").node("Conv", {"b", "w2"}, "c", {{"group", {13}}, {"pads", {2, 2, 2, 2}}});
  graph.node("Sigmoid", {"c"}, "d").node("Mul", {"c", "d"}, "e").node("Conv", {"e", "w3"}, "f").node("GlobalAveragePool", {"f"}, "g").node("Sigmoid", {"g"}, "h");
  Network network(graph.node("Mul", {"f", "h"}, "y").file({-1, 3, 17, 23}), "x", "y");
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const float value : network.run(values(3 * 17 * 23), std::vector<int>{1, 3, 17, 23}).values) {
    hash = (hash ^ bits_as<std::uint32_t>(value)) * 16777619u;
  }
  CHECK(hash == 0xf4de1f32u);
}

TEST_CASE("every file cut short is refused") {
  const FileBytes whole = sound_file();
  int survivors = 0;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    survivors += survives(FileBytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
  }
  CHECK(survivors == 0);
}

TEST_CASE("files with flipped bytes end in an Error or run") {
  const FileBytes whole = sound_file();
  std::mt19937 random(11);
  int survivors = 0;
  for (int repeat = 0; repeat < 5000; ++repeat) {
    FileBytes file = whole;
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) file[random() % file.size()] = static_cast<std::uint8_t>(random());
    survivors += survives(file);
  }
  CHECK(survivors > 1000);  // most bytes are weights
  CHECK(survivors < 4900);
}

TEST_CASE("the shipped network with flipped bytes in its structure ends in an Error or loads") {
  const FileBytes whole = read_file(source_dir() / "models/blood-smear/network.onnx");
  std::mt19937 random(5);
  for (int repeat = 0; repeat < 20; ++repeat) {
    FileBytes file = whole;
    for (int flips = 0; flips < 4; ++flips) file[random() % 16'000] = static_cast<std::uint8_t>(random());
    try {
      Network network(file, "image", "features");
    } catch (const Error& error) {
      CHECK(is_allowed(error.code()));
    }
  }
}

TEST_CASE("what is no network is called so") {
  CHECK(code_of({}) == ErrorCode::kInvalidModel);
  CHECK(code_of({0x89, 'P', 'N', 'G'}) == ErrorCode::kInvalidModel);
  CHECK(code_of(FileBytes(1000, 0xff)) == ErrorCode::kInvalidModel);
  CHECK(code_of(GraphWriter().file(kShape)) == ErrorCode::kInvalidModel);
}

TEST_CASE("lengths that lie are refused, also where addresses have 32 bits") {
  for (const std::uint64_t length : {std::uint64_t{1'000}, std::uint64_t{0x7fffffff}, std::uint64_t{0x80000000}, std::uint64_t{0xfffffff0},
                                     std::uint64_t{0xffffffff}, std::uint64_t{0x100000000}, ~std::uint64_t{0}}) {
    INFO(length);
    CHECK(code_of(ProtoWriter().integer(1, 8).false_length(7, length).file()) == ErrorCode::kInvalidModel);
    CHECK(code_of(ProtoWriter().integer(1, 8).message(7, ProtoWriter().text(2, "name").false_length(2, length)).file()) == ErrorCode::kInvalidModel);
  }
}

TEST_CASE("impossible constants are refused") {
  using Integers = GraphWriter::Integers;
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  for (const Integers& shape : {Integers{4, 3, 3, 4}, Integers{-4, 3, 3, 3}, Integers{huge, huge, 3, 3}, Integers{1 << 24, 1 << 24, 1, 1},
                                Integers{1 << 16, 1 << 16, 1 << 16, 1 << 16}, Integers(9, 1), Integers{0, 3, 3, 3}, Integers{108}, Integers{}}) {
    const FileBytes file = GraphWriter().constant("w", shape, noise(108)).node("Conv", {"x", "w"}, "y").file(kShape);
    CHECK(is_allowed(code_of(file)));
  }
  CHECK(code_of(GraphWriter().field(5, ProtoWriter().integer(1, 108).integer(2, 1).text(8, "w").bytes(9, FileBytes(431)))
                    .node("Conv", {"x", "w"}, "y").file(kShape)) == ErrorCode::kInvalidModel);
  CHECK(code_of(with_constants().field(5, ProtoWriter().integer(1, 1).integer(2, 1).text(8, "far").integer(14, 1))
                    .node("Relu", {"x"}, "y").file(kShape)) == ErrorCode::kInvalidModel);
}

TEST_CASE("graphs that do not hold together are refused") {
  const auto refused = [](GraphWriter graph) {
    const Error error = error_of([&] { load_and_run(graph.file(kShape)); });
    INFO(error.what());
    CHECK(error.code() == ErrorCode::kInvalidModel);
  };
  refused(with_constants().node("Relu", {"b"}, "a").node("Relu", {"a"}, "b").node("Relu", {"b"}, "y"));
  refused(with_constants().node("Relu", {"y"}, "y"));
  refused(with_constants().node("Relu", {"x"}, "x").node("Relu", {"x"}, "y"));
  refused(with_constants().node("Relu", {"x"}, "a").node("Relu", {"x"}, "a").node("Add", {"a", "a"}, "y"));
  refused(with_constants().node("Relu", {"x"}, "a"));
  refused(with_constants().node("Relu", {}, "y"));
  refused(with_constants().node("Conv", {"x"}, "y"));
  refused(with_constants().node("Conv", {"x", "missing"}, "y"));
  refused(with_constants().node("DepthToSpace", {"x"}, "y", {{"blocksize", {2}}, {"mode", {}, "CRD"}}));
  refused(with_constants().node("DepthToSpace", {"x"}, "y", {{"blocksize", {0}}, {"mode", {}, "CRD"}}));
  refused(with_constants().node("DepthToSpace", {"x"}, "y", {{"mode", {}, "CRD"}}));
  refused(with_constants().node("Conv", {"x", "w", "w"}, "y"));
  refused(with_constants().node("Conv", {"x", "w"}, "a").node("Conv", {"a", "w"}, "y"));
  refused(with_constants().node("Conv", {"x", "w"}, "y", {{"strides", {0, 0}}}));
  refused(with_constants().node("Conv", {"x", "w"}, "y", {{"pads", {-1, -1, -1, -1}}}));
  refused(with_constants().node("Conv", {"x", "w"}, "y", {{"dilations", {4, 4}}}));
  refused(with_constants().node("Conv", {"x", "w"}, "y", {{"group", {-2}}}));
  refused(with_constants().node("Conv", {"x", "w"}, "y", {{"kernel_shape", {5, 5}}}));
  refused(with_constants().node("Gemm", {"x", "w"}, "y"));
  refused(with_constants().node("BatchNormalization", {"x", "one", "one", "one", "one"}, "y"));
  refused(with_constants().node("MaxPool", {"x"}, "y", {{"kernel_shape", {9, 9}}}));
  refused(with_constants().integers("s", {1, 7}).node("Reshape", {"x", "s"}, "y"));
  refused(with_constants().integers("s", {1, -1, -1, 3}).node("Reshape", {"x", "s"}, "y"));
  refused(with_constants().node("MaxPool", {"x"}, "a", {{"kernel_shape", {2, 2}}}).node("Concat", {"x", "a"}, "y", {{"axis", {1}}}));
}

TEST_CASE("DepthToSpace spreads the channels of a pixel over a square, as PyTorch's pixel_shuffle") {
  std::vector<float> input(12 * 2);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i);
  // 12 channels of 1 × 2 pixels; value = 2 · channel + column. Three channels of 2 × 4 pixels are left.
  Network network(GraphWriter().node("DepthToSpace", {"x"}, "y", {{"blocksize", {2}}, {"mode", {}, "CRD"}}).file({-1, 12, -1, -1}), "x", "y");
  const Tensor& out = network.run(input, std::vector<int>{1, 12, 1, 2});
  CHECK(out.shape == std::vector<int>{1, 3, 2, 4});
  CHECK(out.values == std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15, 16, 18, 17, 19, 20, 22, 21, 23});
}

TEST_CASE("what is too large is refused before memory is asked for or time is lost") {
  const auto refused = [](const FileBytes& file) { CHECK(code_of(file) == ErrorCode::kTooLarge); };
  refused(with_constants().node("Conv", {"x", "w"}, "y", {{"pads", {16'000, 16'000, 16'000, 16'000}}}).file(kShape));
  GraphWriter doubling;
  std::string last = "x";
  for (int i = 0; i < 40; ++i) doubling.node("Concat", {last, last}, i == 39 ? "y" : "v" + std::to_string(i), {{"axis", {1}}}), last = "v" + std::to_string(i);
  refused(doubling.file(kShape));
  GraphWriter slow = GraphWriter().constant("k", {60, 60, 9, 9}, noise(291'600)).constant("first", {60, 3, 1, 1}, noise(180)).node("Conv", {"x", "first"}, "c0");
  for (int i = 0; i < 40; ++i) slow.node("Conv", {"c" + std::to_string(i), "k"}, "c" + std::to_string(i + 1), {{"pads", {30, 30, 30, 30}}});
  refused(slow.node("Relu", {"c40"}, "y").file(kShape));
  // A small file whose many layers share one constant, of which each keeps a copy.
  GraphWriter sharing = GraphWriter().constant("k", {1 << 19, 3, 1, 1}, noise(3 << 19)).node("Conv", {"x", "k"}, "s0");
  for (int i = 0; i < 70; ++i) {
    const std::string number = std::to_string(i), next = i == 69 ? "y" : "s" + std::to_string(i + 1);
    sharing.node("Conv", {"x", "k"}, "c" + number).node("Add", {"c" + number, "s" + number}, next);
  }
  CHECK(error_of([&] { Network(sharing.file({-1, 3, 1, 1}), "x", "y"); }).code() == ErrorCode::kTooLarge);
  refused(with_constants().node("MaxPool", {"x"}, "y", {{"kernel_shape", {4'000, 4'000}}, {"pads", {3'000, 3'000, 3'000, 3'000}}}).file(kShape));
  CHECK(code_of(with_constants().node("Relu", {"x"}, "y").file({-1, 1 << 24, 1 << 24, 1 << 24})) == ErrorCode::kTooLarge);
}

TEST_CASE("an operator that is not ours is named") {
  const auto named = [](GraphWriter graph, const std::string& name) {
    const Error error = error_of([&] { load_and_run(graph.file(kShape)); });
    INFO(error.what());
    CHECK(error.code() == ErrorCode::kUnsupportedOperator);
    CHECK(std::string(error.what()).find(name) != std::string::npos);
  };
  named(with_constants().node("Erf", {"x"}, "y"), "Erf");
  named(with_constants().node("DepthToSpace", {"x"}, "y", {{"blocksize", {1}}}), "DepthToSpace");
  named(with_constants().node("DepthToSpace", {"x"}, "y", {{"blocksize", {1}}, {"mode", {}, "DCR"}}), "DepthToSpace");
  named(with_constants().constant("w6", {6, 1, 3, 3}, noise(54)).node("Conv", {"x", "w6"}, "y", {{"group", {3}}}), "3 groups");
  named(with_constants().node("Add", {"x", "one"}, "y"), "Add with a constant operand");
  named(with_constants().node("Cast", {"x"}, "y", {{"to", {1}}}), "Cast");
  named(with_constants().node("Cast", {"missing"}, "y", {{"to", {1}}}), "Cast");
  named(with_constants().node("Cast", {"w"}, "h", {{"to", {10}}}).node("Conv", {"x", "h"}, "y"), "Cast");
  named(with_constants().node("Cast", {"axes"}, "h", {{"to", {1}}}).node("Conv", {"x", "h"}, "y"), "Cast");
  named(with_constants().node("Concat", {"x", "x"}, "y", {{"axis", {2}}}), "Concat");
  named(with_constants().node("ReduceMean", {"x"}, "y", {{"axes", {1, 2}}}), "ReduceMean");
  named(with_constants().node("MaxPool", {"x"}, "y", {{"kernel_shape", {2, 2}}, {"ceil_mode", {1}}}), "ceil_mode");
  named(with_constants().integers("s", {-1, 1, 36, 1}).node("Reshape", {"x", "s"}, "a").node("Add", {"a", "x"}, "y"), "Reshape");
  named(with_constants().node("GlobalAveragePool", {"x"}, "a").node("Add", {"a", "x"}, "y"), "Add of different shapes");
  const ProtoWriter foreign = ProtoWriter().text(1, "x").text(2, "y").text(4, "Gelu").text(7, "com.example");
  named(with_constants().field(1, foreign), "com.example.Gelu");
  CHECK_NOTHROW(load_and_run(with_constants().node("Erf", {"x"}, "unused").node("Relu", {"x"}, "y").file(kShape)));
}

TEST_CASE("an input that is not as the file states is refused") {
  Network network(sound_file(), "x", "y");
  const std::vector<float> values(2 * 3 * 6 * 6);
  const auto code = [&](std::size_t count, const std::vector<int>& shape) {
    return error_of([&] { network.run(std::span(values).first(count), shape); }).code();
  };
  for (const std::vector<int>& shape : {std::vector<int>{}, {1}, {1, 108}, {1, 4, 6, 6}, {1, 3, 6, 6, 1}, {0, 3, 6, 6}, {-1, 3, 6, 6}, {1, 3, 7, 6}}) {
    CHECK(code(108, shape) == ErrorCode::kInvalidArgument);
  }
  CHECK(code(107, {1, 3, 6, 6}) == ErrorCode::kInvalidArgument);
  CHECK(code(0, {1 << 30, 3, 6, 6}) == ErrorCode::kInvalidArgument);
  CHECK(network.run(values, std::vector<int>{2, 3, 6, 6}).shape == std::vector<int>{2, 5});
  CHECK(error_of([] { Network(sound_file(), "image", "y"); }).code() == ErrorCode::kInvalidModel);
  CHECK(error_of([] { Network(sound_file(), "x", "features"); }).code() == ErrorCode::kInvalidModel);
  CHECK(error_of([] { Network(sound_file(), "x", "w1"); }).code() == ErrorCode::kUnsupportedOperator);
}

TEST_CASE("each of the 65,536 float16 values is widened exactly") {
  std::vector<std::uint16_t> bits(65'536);
  std::iota(bits.begin(), bits.end(), std::uint16_t{0});
  const OnnxGraph graph = read_onnx(GraphWriter().halves("h", {65'536}, bits).node("Relu", {"x"}, "y").file(kShape));
  const std::vector<float>& floats = graph.constants.at("h").floats;
  REQUIRE(floats.size() == bits.size());
  int wrong = 0;
  for (const std::uint16_t half : bits) {
    // Source: IEEE 754-2019, section 3.4: five bits of exponent, biased by 15, and ten of fraction.
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const float value = floats[half];
    const double size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (exponent < 31) wrong += std::abs(static_cast<double>(value)) != size;
    if (exponent == 31) wrong += fraction == 0 ? !std::isinf(value) : !std::isnan(value);
    wrong += std::signbit(value) != (half > 0x7fff);
  }
  CHECK(wrong == 0);
}

TEST_CASE("weights stored as float16 before a Cast run as the float32 ones that they stand for") {
  const auto run = [](GraphWriter graph) {
    Network network(graph.node("Conv", {"x", "w"}, "y").file({-1, 1, 1, 1}), "x", "y");
    return network.run(std::vector<float>{3}, std::vector<int>{1, 1, 1, 1}).values;
  };
  const GraphWriter halves = GraphWriter().halves("h", {3, 1, 1, 1}, {0x3c00, 0xbc00, 0x3555});
  CHECK(run(GraphWriter(halves).node("Cast", {"h"}, "w", {{"to", {1}}})) == std::vector<float>{3, -3, 3 * 0x1.554p-2f});
  CHECK(run(GraphWriter(halves).node("Cast", {"h"}, "g", {{"to", {1}}}).node("Cast", {"g"}, "w", {{"to", {1}}})).size() == 3);
}

TEST_CASE("weights as packed or single floats and constants as nodes are read too") {
  ProtoWriter tensor = ProtoWriter().integer(1, 2).integer(1, 1).integer(1, 1).integer(1, 1).integer(2, 1).text(8, "w").number(4, 2).number(4, 3);
  ProtoWriter node = ProtoWriter().text(2, "w").text(4, "Constant").message(5, ProtoWriter().text(1, "value").message(5, tensor));
  for (const unsigned field : {5u, 1u}) {
    Network network(GraphWriter().field(field, field == 5 ? tensor : node).node("Conv", {"x", "w"}, "y").file({-1, 1, 1, 1}), "x", "y");
    CHECK(network.run(std::vector<float>{1}, std::vector<int>{1, 1, 1, 1}).values == std::vector<float>{2, 3});
  }
}

TEST_CASE("a free input size may change from run to run") {
  Network network(with_constants().node("Conv", {"x", "w"}, "y", {{"pads", {1, 1, 1, 1}}}).file({-1, 3, -1, -1}), "x", "y");
  const std::vector<float> values = noise(3 * 9 * 7);
  const std::vector<int> large{1, 3, 9, 7}, small{1, 3, 2, 5};
  const std::vector<float> first = network.run(values, large).values;
  CHECK(network.run(std::span(values).first(30), small).shape == std::vector<int>{1, 4, 2, 5});
  CHECK(network.run(values, large).values == first);
}
