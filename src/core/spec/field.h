#pragma once
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"

namespace cytodrop {

/// A value of a spec together with its path, so that every error names its field.
class Field {
 public:
  using Json = nlohmann::json;

  Field(const Json& json, std::string path, const char* of) : json_(&json), path_(std::move(path)), of_(of) {}

  Field operator[](const char* key) const {
    const Field inner(*json_, path_.empty() ? key : path_ + "." + key, of_);
    if (!json_->is_object() || !json_->contains(key)) inner.reject("is missing");
    return {(*json_)[key], inner.path_, of_};
  }
  std::vector<Field> items(std::size_t fewest, std::size_t most) const {
    if (!json_->is_array()) reject("must be a list");
    if (json_->size() < fewest || json_->size() > most) {
      reject("must have " + std::to_string(fewest) + " to " + std::to_string(most) + " entries");
    }
    std::vector<Field> fields;
    for (std::size_t i = 0; i < json_->size(); ++i) fields.emplace_back((*json_)[i], path_ + "[" + std::to_string(i) + "]", of_);
    return fields;
  }
  std::string text() const {
    if (!json_->is_string() || json_->get_ref<const std::string&>().empty()) reject("must be a text");
    return json_->get<std::string>();
  }
  int integer(int least, int most) const {
    if (!json_->is_number_integer()) reject("must be a whole number");
    const auto value = json_->get<std::int64_t>();
    if (value < least || value > most) reject("must lie between " + std::to_string(least) + " and " + std::to_string(most));
    return static_cast<int>(value);
  }
  double number(double least, double most) const {
    if (!json_->is_number()) reject("must be a number");
    const double value = json_->get<double>();
    if (!(value >= least && value <= most)) reject("is out of range");
    return value;
  }
  template <typename Value>
  Value one_of(std::initializer_list<std::pair<const char*, Value>> choices) const {
    const std::string word = text();
    for (const auto& [name, value] : choices) {
      if (word == name) return value;
    }
    reject("has an unknown value");
  }
  bool is_null() const { return json_->is_null(); }
  bool is_object() const { return json_->is_object(); }
  bool has(const char* key) const { return json_->contains(key); }

  /// Raises: kInvalidModel.
  [[noreturn]] void reject(const std::string& what) const {
    throw Error(ErrorCode::kInvalidModel, std::string(of_) + " is not valid: " + path_ + " " + what);
  }

 private:
  const Json* json_;
  std::string path_;
  const char* of_;
};

/// A spec's text as fields; untrusted input is safe.
class SpecText {
 public:
  /// Args:
  ///   of: whose spec it is, for the words of errors: "the model's spec".
  /// Raises: kInvalidModel where it is no JSON object or too large.
  SpecText(const char* of, std::string_view text) : of_(of) {
    constexpr std::size_t kMaxBytes = 1'000'000;
    const Field file(json_, "the file", of);
    if (text.size() > kMaxBytes) file.reject("is larger than 1 MB");
    json_ = Field::Json::parse(text.begin(), text.end(), nullptr, false);
    if (!json_.is_object()) file.reject("is not a JSON object");
  }

  Field root() const { return {json_, "", of_}; }

 private:
  const char* of_;
  Field::Json json_;
};

}  // namespace cytodrop
