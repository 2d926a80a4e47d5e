#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/head/head.h"
#include "core/judge/judge.h"
#include "core/judge/novelty.h"
#include "core/prepare/cells.h"
#include "core/prepare/prepare.h"

namespace cytodrop {

/// The part of models/<name>/spec.json that the core acts on; models/spec.schema.json describes all of it.
struct ModelSpec {
  std::string name;
  std::vector<std::string> class_ids;
  PrepareRules prepare;
  std::optional<FrameRule> frame;  ///< where the model can classify the cells of a frame
  int feature_channels = 0;
  HeadLayout head;
  JudgeRules judge;
  QualityRules quality;  ///< no limits where the spec has none
  std::optional<NoveltyLayout> novelty;  ///< where the model has statistics of its training images
};

/// Reads spec.json text; untrusted input is safe.
///
/// Raises: kInvalidModel naming the field that is missing, of the wrong kind, out of range or at odds with another.
ModelSpec parse_spec(std::string_view json_text);

}  // namespace cytodrop
