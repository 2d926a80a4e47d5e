#include <algorithm>
#include <array>

#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr auto kPlace = Mark::kPlace, kPerson = Mark::kPerson, kTime = Mark::kTime, kDevice = Mark::kDevice, kText = Mark::kText;

/// By number. Source: TIFF 6.0; Exif 2.32; the names of private tags as their makers or libtiff give them.
constexpr KnownTag kTags[] = {
    {254, "NewSubfileType"}, {255, "SubfileType"}, {256, "ImageWidth"}, {257, "ImageLength"}, {258, "BitsPerSample"}, {259, "Compression"},
    {262, "PhotometricInterpretation"}, {266, "FillOrder"}, {269, "DocumentName", kText}, {270, "ImageDescription", kText}, {271, "Make"},
    {272, "Model"}, {274, "Orientation"}, {277, "SamplesPerPixel"}, {278, "RowsPerStrip"}, {280, "MinSampleValue"}, {281, "MaxSampleValue"},
    {282, "XResolution"}, {283, "YResolution"}, {284, "PlanarConfiguration"}, {285, "PageName", kText}, {286, "XPosition"}, {287, "YPosition"},
    {296, "ResolutionUnit"}, {297, "PageNumber"}, {305, "Software"}, {306, "DateTime", kTime}, {315, "Artist", kPerson}, {316, "HostComputer", kDevice},
    {317, "Predictor"}, {318, "WhitePoint"}, {319, "PrimaryChromaticities"}, {322, "TileWidth"}, {323, "TileLength"}, {338, "ExtraSamples"},
    {339, "SampleFormat"}, {340, "SMinSampleValue"}, {341, "SMaxSampleValue"}, {529, "YCbCrCoefficients"}, {530, "YCbCrSubSampling"},
    {531, "YCbCrPositioning"}, {700, "XMP", kText}, {33432, "Copyright", kPerson}, {33434, "ExposureTime"}, {33437, "FNumber"},
    {33628, "MetaMorph UIC1", kText}, {33629, "MetaMorph UIC2", kTime}, {33723, "IPTC", kPerson}, {34118, "Zeiss SEM", kText}, {34377, "Photoshop", kText},
    {34412, "Zeiss LSM", kText}, {34675, "ICC profile"}, {34680, "FEI SFEG", kText}, {34682, "FEI Helios", kText}, {34850, "ExposureProgram"},
    {34855, "ISOSpeedRatings"}, {36864, "ExifVersion"}, {36867, "DateTimeOriginal", kTime}, {36868, "DateTimeDigitized", kTime},
    {36880, "OffsetTime", kTime}, {36881, "OffsetTimeOriginal", kTime}, {36882, "OffsetTimeDigitized", kTime}, {37377, "ShutterSpeedValue"},
    {37378, "ApertureValue"}, {37379, "BrightnessValue"}, {37380, "ExposureBiasValue"}, {37381, "MaxApertureValue"}, {37382, "SubjectDistance"},
    {37383, "MeteringMode"}, {37384, "LightSource"}, {37385, "Flash"}, {37386, "FocalLength"}, {37500, "MakerNote", kDevice},
    {37510, "UserComment", kText}, {37520, "SubSecTime", kTime}, {37521, "SubSecTimeOriginal", kTime}, {37522, "SubSecTimeDigitized", kTime},
    {40091, "XPTitle", kText}, {40092, "XPComment", kText}, {40093, "XPAuthor", kPerson}, {40094, "XPKeywords", kText}, {40095, "XPSubject", kText},
    {40960, "FlashpixVersion"}, {40961, "ColorSpace"}, {40962, "PixelXDimension"}, {40963, "PixelYDimension"}, {41486, "FocalPlaneXResolution"},
    {41487, "FocalPlaneYResolution"}, {41488, "FocalPlaneResolutionUnit"}, {41495, "SensingMethod"}, {41985, "CustomRendered"}, {41986, "ExposureMode"},
    {41987, "WhiteBalance"}, {41988, "DigitalZoomRatio"}, {41989, "FocalLengthIn35mmFilm"}, {41990, "SceneCaptureType"}, {41992, "Contrast"},
    {41993, "Saturation"}, {41994, "Sharpness"}, {42016, "ImageUniqueID", kDevice}, {42032, "CameraOwnerName", kPerson},
    {42033, "BodySerialNumber", kDevice}, {42034, "LensSpecification"}, {42035, "LensMake"}, {42036, "LensModel"}, {42037, "LensSerialNumber", kDevice},
    {42112, "GDAL metadata", kText}, {50838, "ImageJ metadata sizes"}, {50839, "ImageJ metadata", kText}, {51123, "Micro-Manager metadata", kText},
};

constexpr KnownTag kGpsTags[] = {
    {0, "GPSVersionID"}, {1, "GPSLatitudeRef", kPlace}, {2, "GPSLatitude", kPlace}, {3, "GPSLongitudeRef", kPlace}, {4, "GPSLongitude", kPlace},
    {5, "GPSAltitudeRef", kPlace}, {6, "GPSAltitude", kPlace}, {7, "GPSTimeStamp", kTime}, {8, "GPSSatellites", kPlace}, {9, "GPSStatus", kPlace},
    {10, "GPSMeasureMode", kPlace}, {11, "GPSDOP", kPlace}, {12, "GPSSpeedRef", kPlace}, {13, "GPSSpeed", kPlace}, {14, "GPSTrackRef", kPlace},
    {15, "GPSTrack", kPlace}, {16, "GPSImgDirectionRef", kPlace}, {17, "GPSImgDirection", kPlace}, {18, "GPSMapDatum", kPlace},
    {19, "GPSDestLatitudeRef", kPlace}, {20, "GPSDestLatitude", kPlace}, {21, "GPSDestLongitudeRef", kPlace}, {22, "GPSDestLongitude", kPlace},
    {23, "GPSDestBearingRef", kPlace}, {24, "GPSDestBearing", kPlace}, {25, "GPSDestDistanceRef", kPlace}, {26, "GPSDestDistance", kPlace},
    {27, "GPSProcessingMethod", kPlace}, {28, "GPSAreaInformation", kPlace}, {29, "GPSDateStamp", kTime}, {30, "GPSDifferential", kPlace},
    {31, "GPSHPositioningError", kPlace},
};

constexpr bool by_number(const KnownTag& a, const KnownTag& b) { return a.number < b.number; }
static_assert(std::is_sorted(std::begin(kTags), std::end(kTags), by_number));
static_assert(std::is_sorted(std::begin(kGpsTags), std::end(kGpsTags), by_number));

template <std::size_t kCount>
const KnownTag* find_in(const KnownTag (&tags)[kCount], std::uint16_t number) {
  const auto* found = std::lower_bound(std::begin(tags), std::end(tags), KnownTag{number, {}}, by_number);
  return found != std::end(tags) && found->number == number ? found : nullptr;
}

/// FreeOffsets and their counts, strips, colour map, halftone hints, tiles, sub-directories, JPEG's tables and places, black and white
/// points, EXIF's and GPS's directories, ComponentsConfiguration and such, interoperability, the padding of Microsoft.
constexpr std::uint16_t kLayoutTags[] = {273, 279, 288, 289, 290, 291, 320, 321, 324, 325, 330, 347, 512, 513, 514, 515, 519, 520, 521, 532, 34665, 34853, 37121, 37122, 40965, 41728, 41729, 59932};
static_assert(std::is_sorted(std::begin(kLayoutTags), std::end(kLayoutTags)));

}  // namespace

const KnownTag* find_tag(std::uint16_t number, bool gps) { return gps ? find_in(kGpsTags, number) : find_in(kTags, number); }

bool is_layout_tag(std::uint16_t number) { return std::binary_search(std::begin(kLayoutTags), std::end(kLayoutTags), number); }

}  // namespace cytodrop
