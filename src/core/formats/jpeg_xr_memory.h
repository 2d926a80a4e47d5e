#pragma once
#include <cstddef>
#include <unordered_set>

namespace cytodrop {

/// All memory that jxrlib takes while one of these lives, on its thread. What the library forgets after an error, and where this class
/// throws through it, is given back at the end.
class JpegXrMemory {
 public:
  JpegXrMemory();
  ~JpegXrMemory();
  JpegXrMemory(const JpegXrMemory&) = delete;
  JpegXrMemory& operator=(const JpegXrMemory&) = delete;

  /// Zeroed, so that what a damaged file leaves unwritten is the same every time. Raises: kTooLarge, kOutOfMemory.
  void* take(std::size_t bytes);
  void give_back(void* block);

 private:
  std::unordered_set<void*> blocks_;
  std::size_t taken_ = 0;
};

}  // namespace cytodrop
