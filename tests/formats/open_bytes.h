#pragma once
#include <memory>
#include <utility>

#include "core/formats/image_file.h"
#include "support.h"

namespace cytodrop::test {

/// A file that lives as long as whoever reads it.
class OwnedSource final : public Source {
 public:
  explicit OwnedSource(FileBytes bytes) : bytes_(std::move(bytes)), memory_(bytes_) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Bytes in_memory() const override { return bytes_; }

 protected:
  void fetch(std::uint64_t at, std::span<std::uint8_t> to) override { memory_.read(at, to); }

 private:
  FileBytes bytes_;
  MemorySource memory_;
};

inline std::unique_ptr<ImageFile> open_bytes(FileBytes bytes) { return open_image_file(std::make_shared<OwnedSource>(std::move(bytes))); }

}  // namespace cytodrop::test
