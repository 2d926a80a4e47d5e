// The JSON of a Zarr hierarchy, of version 2 (.zgroup, .zattrs, .zarray) and 3 (zarr.json) alike.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/formats/zip_files.h"

namespace cytodrop {

using Json = nlohmann::json;

/// Raises kCorrupt: "the OME-Zarr is damaged (…)".
[[noreturn]] void zarr_damaged(const std::string& why);

/// What was read of the hierarchy's metadata is counted, so that no file asks for endless parsing.
class ZarrHierarchy {
 public:
  explicit ZarrHierarchy(ZipFiles& files) : files_(files) {}

  ZipFiles& files() const { return files_; }

  /// A document of at most 16 MB and 32 levels; deeper ones are left out, and so are copies of the metadata of others. None where there is no such file.
  ///
  /// Raises: kCorrupt for what is no JSON object; kTooLarge.
  std::optional<Json> document(const std::string& path);

  /// What a group says of itself, in version 3 too without what is around it. An empty object where it says nothing.
  Json attributes(const std::string& group);

  /// Groups and arrays that lie at the top, or in which no other metadata lies above: "" or paths without a slash at their end.
  std::vector<std::string> roots() const;

  /// Groups and arrays below one, labels left out, in order; at most a thousand.
  std::vector<std::string> below(const std::string& group) const;

 private:
  ZipFiles& files_;
  std::uint64_t read_bytes_ = 0;
};

/// The part of attributes that OME's specification speaks of: under "ome" since version 0.5, all of them before.
const Json& ome_of(const Json& attributes);

/// A path below another; a name that leads out of it leads nowhere, since paths are compared and never opened.
std::string below_path(const std::string& group, const std::string& name);

/// Members of untrusted JSON: what is not there or of another kind is nothing.
const Json& member(const Json& object, const char* name);
std::string text_member(const Json& object, const char* name);
double number_member(const Json& object, const char* name, double otherwise);

}  // namespace cytodrop
