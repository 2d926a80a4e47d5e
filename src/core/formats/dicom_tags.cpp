#include <cstdio>
#include <string>

#include "core/error.h"
#include "core/formats/dicom_facts.h"
#include "core/formats/dicom_names.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr DicomTag kEachFrame = 0x52009230;

std::string number_of(DicomTag tag) {
  char text[16];
  std::snprintf(text, sizeof text, "(%04x,%04x)", tag >> 16, tag & 0xffff);
  return text;
}

std::string name_of(DicomTag tag) {
  const DicomName* known = find_dicom_name(tag);
  return known ? std::string(known->name) : number_of(tag);
}

bool is_layout(DicomTag tag) {
  if ((tag & 0xffff) == 0) return true;  // a group's length
  for (const DicomTag layout : {0x00020001u, 0x00281101u, 0x00281102u, 0x00281103u, 0x00281201u, 0x00281202u, 0x00281203u, 0x7fe00001u, 0x7fe00002u, 0x7fe00010u}) {
    if (tag == layout) return true;
  }
  return false;
}

bool is_text(const DicomElement& element) {
  for (const std::string_view vr : {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}) {
    if (element.is(vr)) return true;
  }
  return false;
}

bool is_number(const DicomElement& element) {
  for (const std::string_view vr : {"US", "SS", "UL", "SL", "FL", "FD"}) {
    if (element.is(vr)) return true;
  }
  return false;
}

/// Several values stand between backslashes, but not in free text.
std::string spread(std::string text, const DicomElement& element) {
  if (element.is("LT") || element.is("ST") || element.is("UT")) return text;
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string::npos; at += 2) text.replace(at, 1, ", ");
  return text;
}

}  // namespace

void list_dicom_element(Source& source, const std::vector<DicomPlace>& places, const DicomElement& element, bool little, std::vector<Tag>& tags) {
  if (tags.size() > kMaxTags || is_layout(element.tag)) return;
  if (!places.empty() && places[0].sequence == kEachFrame && places[0].item > 0) return;  // as the first, but for its place
  const bool is_private = (element.tag >> 16) % 2 == 1;
  const DicomName* known = find_dicom_name(element.tag);
  Tag tag{.group = "DICOM", .name = {}, .value = {}, .mark = known ? known->mark : mark_of_vr(element)};
  for (const DicomPlace& place : places) tag.name += name_of(place.sequence) + ": ";
  tag.name += name_of(element.tag);
  if (!is_private && is_text(element)) {
    tag.value = spread(clean_text(dicom_text(source, element, 4 * kMaxValueBytes + 1)), element);
    if (tag.value.empty()) return;
  } else if (!is_private && is_number(element)) {
    constexpr std::size_t kShown = 16;
    const std::vector<double> numbers = dicom_numbers(source, element, little, kShown + 1);
    if (numbers.empty()) return;
    for (std::size_t i = 0; i < numbers.size() && i < kShown; ++i) {
      char text[32];
      std::snprintf(text, sizeof text, "%s%.10g", i ? ", " : "", numbers[i]);
      tag.value += text;
    }
    if (numbers.size() > kShown) tag.value += " …";
  } else {
    if (element.length == 0) return;
    tag.value = unread_bytes(element.length);
    tag.mark = known && !is_private ? known->mark : Mark::kText;
  }
  tags.push_back(std::move(tag));
}

}  // namespace cytodrop
