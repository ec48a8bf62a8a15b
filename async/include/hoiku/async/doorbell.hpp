// doorbell.hpp: lets another thread wake a loop: the thread rings, and the loop calls a function.
//
// Promises   `answer` is called after each ring, once for all rings since its last call began. If the loop's own thread
//            rings, `answer` is called before ring() returns. After the doorbell has ended, a ring does nothing.
// Thread     The loop's thread makes, answers and destroys the doorbell. Any thread may ring the button, which may
//            outlive doorbell and loop. On a virtual clock only the loop's own thread may ring: such a loop waits for
//            no thread.
// Source     run_sync_soon of Trio's token, for one function that is known beforehand.
#pragma once

#include <functional>
#include <memory>

#include "hoiku/async/detail/body.hpp"

namespace [[gnu::visibility("default")]] hoiku {

class Doorbell {
  struct State;

 public:
  class Button {
   public:
    Button() = default;  // without a doorbell: a ring does nothing
    void ring() const;

   private:
    friend class Doorbell;
    explicit Button(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
  };

  // Calls `answer`, which must neither wait nor throw, on the loop of this thread. Outside of a run: std::logic_error.
  explicit Doorbell(std::function<void()> answer);
  template <class F>
    requires detail::Coroutine<F&>
  explicit Doorbell(F&&) {
    detail::check_function<F&>();
  }
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  // Returns a button of this doorbell, to be copied to other threads.
  Button button() const noexcept { return Button(state_); }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace hoiku
