#include "core/formats/zarr_group.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxDocumentBytes = 16'000'000, kMaxReadBytes = 128'000'000;
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxBelow = 1000;
constexpr std::array<std::string_view, 4> kMetadata{"zarr.json", ".zattrs", ".zgroup", ".zarray"};

/// The folder whose metadata this is; none: it is none.
std::optional<std::string_view> folder_of_metadata(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (std::find(kMetadata.begin(), kMetadata.end(), name) == kMetadata.end()) return std::nullopt;
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

void zarr_damaged(const std::string& why) { throw Error(ErrorCode::kCorrupt, "the OME-Zarr is damaged (" + why + ")"); }

std::optional<Json> ZarrHierarchy::document(const std::string& path) {
  const auto entry = files_.find(path);
  if (!entry) return std::nullopt;
  read_bytes_ += entry->bytes;
  if (read_bytes_ > kMaxReadBytes) throw Error(ErrorCode::kTooLarge, "the OME-Zarr has more than " + std::to_string(kMaxReadBytes / 1'000'000) + " MB of metadata");
  const std::vector<std::uint8_t> text = files_.read(*entry, kMaxDocumentBytes);
  const auto keep = [](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key) return parsed != "consolidated_metadata";
    return depth <= kMaxDepth;
  };
  Json json = Json::parse(text.begin(), text.end(), keep, false);
  if (!json.is_object()) zarr_damaged("its metadata is no JSON");
  return json;
}

Json ZarrHierarchy::attributes(const std::string& group) {
  if (auto json = document(below_path(group, "zarr.json"))) {
    const Json& attributes = member(*json, "attributes");
    return attributes.is_object() ? attributes : Json::object();
  }
  return document(below_path(group, ".zattrs")).value_or(Json::object());
}

std::vector<std::string> ZarrHierarchy::roots() const {
  std::vector<std::string> roots;
  // Shorter paths first: whatever lies below one that is known is no root.
  std::vector<std::string_view> folders;
  for (std::size_t i = 0; i < files_.count(); ++i) {
    if (const auto folder = folder_of_metadata(files_.at(i).name)) folders.push_back(*folder);
  }
  std::stable_sort(folders.begin(), folders.end(), [](std::string_view a, std::string_view b) { return a.size() < b.size(); });
  for (const std::string_view folder : folders) {
    const bool known = std::any_of(roots.begin(), roots.end(), [&](const std::string& root) { return root.empty() || folder == root || folder.starts_with(root + "/"); });
    if (!known) roots.emplace_back(folder);
    if (roots.size() == kMaxBelow) break;
  }
  std::sort(roots.begin(), roots.end());
  return roots;
}

std::vector<std::string> ZarrHierarchy::below(const std::string& group) const {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < files_.count() && found.size() < kMaxBelow; ++i) {
    const std::string_view path = files_.at(i).name;
    const auto folder = folder_of_metadata(path);
    if (!folder || folder->size() <= group.size() || (!group.empty() && !folder->starts_with(group + "/"))) continue;
    const std::string_view rest = folder->substr(group.empty() ? 0 : group.size() + 1);
    if (rest.starts_with("labels/") || rest.find("/labels/") != std::string_view::npos || (!found.empty() && found.back() == *folder)) continue;
    found.emplace_back(*folder);
  }
  return found;
}

const Json& ome_of(const Json& attributes) {
  const Json& ome = member(attributes, "ome");
  return ome.is_object() ? ome : attributes;
}

std::string below_path(const std::string& group, const std::string& name) { return group.empty() ? name : group + "/" + name; }

const Json& member(const Json& object, const char* name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string text_member(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

double number_member(const Json& object, const char* name, double otherwise) {
  const Json& value = member(object, name);
  return value.is_number() ? value.get<double>() : otherwise;
}

}  // namespace cytodrop
