#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace cytodrop {

/// A constant of an ONNX file. float32 and float16 give `floats`, int64 and int32 give `integers`.
struct OnnxTensor {
  std::vector<int> dims;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
};

/// An attribute; only the field of its type is set.
struct OnnxAttribute {
  float number = 0;
  std::int64_t integer = 0;
  std::string text;
  std::vector<std::int64_t> integers;
  OnnxTensor tensor;
};

struct OnnxNode {
  std::string type;  ///< "Conv"; with its domain where that is not the standard's: "com.microsoft.Gelu"
  std::vector<std::string> inputs;  ///< "" stands for an input left out
  std::vector<std::string> outputs;
  std::map<std::string, OnnxAttribute> attributes;
};

/// The part of an ONNX file that inference needs.
struct OnnxGraph {
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxTensor> constants;
  std::map<std::string, std::vector<int>> inputs;  ///< name → shape; 0 where a side is free
};

/// Reads an ONNX file; untrusted input is safe. Nothing in it is followed deeper than its format nests, subgraphs are
/// skipped, and memory is asked for only once the bytes that fill it have been seen.
///
/// Raises: kInvalidModel on anything that does not fit the format, kTooLarge over a limit.
/// Source: onnx.proto of ONNX 1.16, read as protocol-buffer fields with protozero.
OnnxGraph read_onnx(std::span<const std::uint8_t> file);

}  // namespace cytodrop
