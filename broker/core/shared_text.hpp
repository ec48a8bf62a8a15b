// shared_text.hpp: a text that many states have: the name of a topic, or of a writer. Copies share it.
//
// Thread     the core's: the counts are not atomic.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace hoiku::broker {

class SharedText {
 public:
  SharedText() = default;  // empty, and shares nothing
  explicit SharedText(std::string text) : shared_(text.empty() ? nullptr : new Shared{1, std::move(text)}) {}
  SharedText(const SharedText& other) noexcept : shared_(other.shared_) {
    if (shared_ != nullptr) ++shared_->owners;
  }
  SharedText(SharedText&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~SharedText() {
    if (shared_ != nullptr && --shared_->owners == 0) delete shared_;
  }

  const std::string& text() const noexcept {
    static const std::string nothing;
    return shared_ == nullptr ? nothing : shared_->text;
  }
  bool is_same_as(const SharedText& other) const noexcept { return shared_ == other.shared_; }

 private:
  struct Shared {
    std::uint32_t owners;
    std::string text;
  };
  Shared* shared_ = nullptr;
};

}  // namespace hoiku::broker
