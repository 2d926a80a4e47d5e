#include "core/head/safetensors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "core/float16.h"

namespace cytodrop {

NamedTensors read_safetensors(std::span<const std::uint8_t> file, const std::string& file_name) {
  const auto invalid = [&](const std::string& what) {
    throw Error(ErrorCode::kInvalidModel, "the " + file_name + " is not valid: " + what);
  };
  // A size or offset. The JSON library would convert a number with a fraction or an exponent, where that is beyond 64 bits
  // with undefined behaviour.
  const auto size_of = [&](const nlohmann::json& number, const std::string& name) {
    if (!number.is_number_unsigned()) invalid(name + " has a size that is no whole number");
    return number.get<std::uint64_t>();
  };
  static_assert(std::endian::native == std::endian::little, "tensors are read as they lie in the file");
  if (file.size() < 8) invalid("it is too short");
  std::uint64_t header_bytes;
  std::memcpy(&header_bytes, file.data(), 8);
  constexpr std::uint64_t kMaxHeaderBytes = 1'000'000;
  if (header_bytes > kMaxHeaderBytes || header_bytes > file.size() - 8) invalid("its header is cut off");
  const auto header_text = file.subspan(8, static_cast<std::size_t>(header_bytes));
  const auto data = file.subspan(8 + static_cast<std::size_t>(header_bytes));
  const auto header = nlohmann::json::parse(header_text.begin(), header_text.end(), nullptr, false);
  if (!header.is_object()) invalid("its header is not JSON");

  NamedTensors tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    try {
      const std::string type = entry.at("dtype").get<std::string>();
      const bool is_half = type == "F16";
      if (!is_half && type != "F32") invalid(name + " is neither float32 nor float16");
      NamedTensor tensor;
      const std::uint64_t begin = size_of(entry.at("data_offsets").at(0), name), end = size_of(entry.at("data_offsets").at(1), name);
      if (begin > end || end > data.size()) invalid(name + " lies outside the file");
      std::uint64_t count = 1;
      for (const nlohmann::json& number : entry.at("shape").get_ref<const nlohmann::json::array_t&>()) {
        const std::uint64_t side = size_of(number, name);
        if (side < 1 || side > file.size()) invalid(name + " has an impossible shape");
        count *= side;
        if (count > file.size()) invalid(name + " has an impossible shape");
        tensor.shape.push_back(static_cast<std::int64_t>(side));
      }
      const std::size_t value_bytes = is_half ? sizeof(std::uint16_t) : sizeof(float);
      if (count * value_bytes != end - begin) invalid(name + " has another size than its shape states");
      const std::uint8_t* raw = data.data() + begin;
      for (std::uint64_t i = 0; i < count; ++i, raw += value_bytes) {
        float value;
        std::uint16_t half;
        if (is_half) {
          std::memcpy(&half, raw, sizeof half);
          value = from_float16(half);
        } else {
          std::memcpy(&value, raw, sizeof value);
        }
        tensor.values.push_back(value);
      }
      tensors.emplace(name, std::move(tensor));
    } catch (const nlohmann::json::exception&) {
      invalid(name + " is not described as a tensor");
    }
  }
  return tensors;
}

std::vector<float> tensor_values(const NamedTensors& tensors, const std::string& file_name, const std::string& name,
                                 const std::vector<std::int64_t>& shape) {
  const auto invalid = [&](const std::string& what) {
    throw Error(ErrorCode::kInvalidModel, "the tensor " + name + " of the " + file_name + " " + what);
  };
  const auto found = tensors.find(name);
  if (found == tensors.end()) invalid("is missing");
  if (found->second.shape != shape) invalid("has another shape than the spec states");
  if (!std::all_of(found->second.values.begin(), found->second.values.end(), [](float v) { return std::isfinite(v); })) {
    invalid("holds a value that is not finite");
  }
  return found->second.values;
}

}  // namespace cytodrop
