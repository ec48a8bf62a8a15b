// few.hpp: a list that mostly has one element, which then needs no memory of its own. Moving one costs next to nothing.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

namespace hoiku::broker {

template <class T>  // has a default, as cheap as nothing
class Few {
 public:
  using value_type = T;
  using const_iterator = const T*;

  Few() = default;
  Few(std::initializer_list<T> elements) {
    for (const T& element : elements) push_back(element);
  }
  Few(const Few&) = default;
  Few& operator=(const Few&) = default;
  Few(Few&& other) noexcept
      : only_(std::move(other.only_)), all_(std::move(other.all_)), size_(std::exchange(other.size_, 0)) {}
  Few& operator=(Few&& other) noexcept {
    only_ = std::move(other.only_);
    all_ = std::move(other.all_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~Few() = default;

  void push_back(T element) {
    if (size_ == 0) {
      only_ = std::move(element);
    } else {
      if (size_ == 1) all_.push_back(std::exchange(only_, T()));
      all_.push_back(std::move(element));
    }
    ++size_;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T* begin() noexcept { return size_ < 2 ? &only_ : all_.data(); }
  T* end() noexcept { return begin() + size_; }
  const T* begin() const noexcept { return size_ < 2 ? &only_ : all_.data(); }
  const T* end() const noexcept { return begin() + size_; }
  T& operator[](std::size_t place) noexcept { return begin()[place]; }
  const T& operator[](std::size_t place) const noexcept { return begin()[place]; }
  const T& front() const noexcept { return *begin(); }
  const T& back() const noexcept { return begin()[size_ - 1]; }

 private:
  T only_{};            // if there is one
  std::vector<T> all_;  // if there are more
  std::size_t size_ = 0;
};

}  // namespace hoiku::broker
