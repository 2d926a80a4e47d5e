#include "core/inspect/tag_list.h"

#include <algorithm>

namespace cytodrop {
namespace {

void put_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

constexpr std::uint32_t kNoCharacter = 0xffffffff;

/// The character that begins at `at`, which moves behind it; kNoCharacter where none does.
std::uint32_t next_utf8(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) -> std::uint32_t { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const std::uint32_t first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc2 && first < 0xe0 ? 1 : 0;
  if (more == 0) return kNoCharacter;
  std::uint32_t c = first & (0x3fu >> more);
  for (int i = 0; i < more; ++i) {
    const std::uint32_t next = byte(at + static_cast<std::size_t>(i));
    if ((next & 0xc0) != 0x80) return kNoCharacter;
    c = c << 6 | (next & 0x3f);
  }
  const bool overlong = (more == 2 && c < 0x800) || (more == 3 && c < 0x10000);
  if (overlong || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return kNoCharacter;
  at += static_cast<std::size_t>(more);
  return c;
}

/// Whether a character shows as itself and changes nothing around it.
bool is_plain(std::uint32_t c) {
  if (c == '\n') return true;
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool invisible = c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
                         c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
  return !control && !invisible;
}

/// Gathers characters up to the limit.
class Text {
 public:
  /// Returns: false once there is no room.
  bool add(std::uint32_t c) {
    if (c == '\t') c = ' ';
    if (!is_plain(c)) return true;
    if (text_.size() >= kMaxValueBytes) return false;
    put_utf8(text_, c);
    return true;
  }
  std::string take(bool cut, std::size_t bytes) {
    while (!text_.empty() && (text_.back() == ' ' || text_.back() == '\n')) text_.pop_back();
    if (cut) text_ += " … (the first part of " + std::to_string(bytes) + " bytes)";
    return std::move(text_);
  }

 private:
  std::string text_;
};

}  // namespace

std::string_view to_string(Mark mark) {
  switch (mark) {
    case Mark::kNone: return "";
    case Mark::kPlace: return "place";
    case Mark::kPerson: return "person";
    case Mark::kTime: return "time";
    case Mark::kDevice: return "device";
    case Mark::kText: return "text";
  }
  return "";
}

void TagList::add(std::string_view group, std::string_view name, std::string value, Mark mark) {
  if (content_.tags.size() >= kMaxTags) {
    if (!full_) note("There are more than " + std::to_string(kMaxTags) + " tags; the rest is not listed.");
    full_ = true;
    return;
  }
  content_.tags.push_back({std::string(group), clean_text(name), std::move(value), mark});
}

bool TagList::has(std::string_view name, std::string_view value) const {
  return std::any_of(content_.tags.begin(), content_.tags.end(), [&](const Tag& tag) { return tag.name == name && tag.value == value; });
}

FileContent TagList::take() { return std::move(content_); }

std::string clean_text(std::string_view text) {
  // Four times as much as is shown: what is left out may be most of it.
  const std::string_view start = text.substr(0, 4 * kMaxValueBytes);
  bool utf8 = true;
  for (std::size_t at = 0; at < start.size() && utf8;) {
    const std::size_t begin = at;
    // A character that the cut itself divides is no sign of anything.
    utf8 = next_utf8(start, at) != kNoCharacter || (start.size() < text.size() && start.size() - begin < 4);
  }
  Text shown;
  bool cut = start.size() < text.size();
  for (std::size_t at = 0; at < start.size();) {
    const std::uint32_t c = utf8 ? next_utf8(start, at) : static_cast<unsigned char>(start[at++]);
    if (c != kNoCharacter && !shown.add(c)) {
      cut = true;
      break;
    }
  }
  return shown.take(cut, text.size());
}

std::string clean_utf16(Bytes text, bool little_endian) {
  const auto unit = [&](std::size_t i) { return little_endian ? le16(text, 2 * i) : be16(text, 2 * i); };
  const std::size_t count = text.size() / 2, looked_at = std::min(count, 2 * kMaxValueBytes);
  Text shown;
  bool cut = looked_at < count;
  for (std::size_t i = 0; i < looked_at; ++i) {
    std::uint32_t c = unit(i);
    const bool pair = c >= 0xd800 && c < 0xdc00 && i + 1 < looked_at && unit(i + 1) >= 0xdc00 && unit(i + 1) < 0xe000;
    if (pair) c = 0x10000 + ((c - 0xd800) << 10) + (unit(++i) - 0xdc00);
    if (c >= 0xd800 && c < 0xe000) continue;
    if (!shown.add(c)) {
      cut = true;
      break;
    }
  }
  return shown.take(cut, text.size());
}

std::string unread_bytes(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " byte" : " bytes") + ", not read"; }

}  // namespace cytodrop
