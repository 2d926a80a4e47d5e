#pragma once
#include <string>
#include <vector>

#include "core/formats/image_file.h"
#include "core/formats/zarr_array.h"

namespace cytodrop {

/// One pyramid of a hierarchy.
struct ZarrImage {
  Series facts;
  std::vector<ZarrArray> levels;
  int x = -1, y = -1, z = -1, c = -1, t = -1;  ///< which axis; -1: there is none
};

struct ZarrContent {
  std::vector<ZarrImage> images;
  std::vector<std::string> groups;  ///< that speak of images or of more of them, that at the top first
  std::vector<std::string> labels;  ///< paths of pictures that tell cells apart, which are not shown
  std::vector<std::string> notes;
  std::string ome_xml;
  int images_stated = 0;  ///< where they are more than are listed; 0: no such
  std::string version;    ///< as the file has it
};

/// Finds the images of a hierarchy: one pyramid or several of a group, the series of bioformats2raw, the fields of a plate by the names of their wells, else whatever
/// group below has a pyramid. Three channels of 8 bits are the colours of one picture where OME-XML says so, or where they are red, green and blue and no more is said
/// of them.
///
/// Raises: kUnsupportedFormat where there is none, kCorrupt, kUnsupportedFeature, kTooLarge, kTruncated, kUnreadable.
/// Source: OME-NGFF 0.1 to 0.5.
ZarrContent read_zarr_content(ZarrHierarchy& hierarchy);

/// What the groups say beside their pixels.
void list_zarr_tags(ZarrHierarchy& hierarchy, const ZarrContent& content, TagList& tags);

}  // namespace cytodrop
