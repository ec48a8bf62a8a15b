// intrusive_list.hpp: doubly linked lists through hooks in their elements: no allocation, and an element leaves its
// list when it is destroyed, so that a cancelled waiter leaves in the same frame.
#pragma once

#include <utility>

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const noexcept { return next_ != nullptr; }
  void unlink() noexcept {
    if (!next_) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
  }

 private:
  template <class, class>
  friend class IntrusiveList;
  ListNode* previous_ = nullptr;
  ListNode* next_ = nullptr;
};

// An object can be in several lists, one for each Tag that it has a hook of.
template <class Tag>
class ListHook : public ListNode {};

template <class T, class Tag>
class IntrusiveList {
 public:
  IntrusiveList() { close(); }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) front().ListHook<Tag>::unlink();
    head_.next_ = head_.previous_ = nullptr;
  }

  bool empty() const noexcept { return head_.next_ == &head_; }
  T& front() noexcept { return from(head_.next_); }

  void push_back(T& element) noexcept {
    ListNode& node = static_cast<ListHook<Tag>&>(element);
    node.previous_ = head_.previous_;
    node.next_ = &head_;
    head_.previous_->next_ = &node;
    head_.previous_ = &node;
  }

  T* first() noexcept { return empty() ? nullptr : &front(); }
  // Returns the element after this one, or nullptr.
  T* after(T& element) noexcept {
    ListNode* next = static_cast<ListHook<Tag>&>(element).next_;
    return next == &head_ ? nullptr : &from(next);
  }

  // Moves all elements of `other` to the end of this list.
  void take_all(IntrusiveList& other) noexcept {
    if (other.empty()) return;
    ListNode* first = other.head_.next_;
    ListNode* last = other.head_.previous_;
    other.close();
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }

 private:
  void close() noexcept { head_.next_ = head_.previous_ = &head_; }
  static T& from(ListNode* node) noexcept { return static_cast<T&>(static_cast<ListHook<Tag>&>(*node)); }
  ListNode head_;
};

}  // namespace detail
}  // namespace hoiku
