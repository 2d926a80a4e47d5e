#pragma once
#include <cstdint>
#include <string_view>

#include "core/formats/dicom_elements.h"
#include "core/inspect/inspect.h"

namespace cytodrop {

/// What is known of an attribute.
struct DicomName {
  DicomTag tag;
  std::string_view vr;
  std::string_view name;
  Mark mark = Mark::kNone;
};

/// Null for one that is not in our list. Source: DICOM PS3.6 2024.
const DicomName* find_dicom_name(DicomTag tag);

/// The kind of value where the file does not say it: of our list, else "UN".
std::string_view dicom_vr(DicomTag tag);

/// What a value of such a kind may give away where the list does not know the attribute.
Mark mark_of_vr(const DicomElement& element);

}  // namespace cytodrop
