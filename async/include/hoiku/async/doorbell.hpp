// doorbell.hpp: how another thread wakes a loop: it rings, and the loop answers.
//
// Promises   the answer is called after each ring, once for all that came since the last one was begun. Rung by the loop's
//            own thread, it answers before ring() returns. Once the doorbell has ended, a ring does nothing.
// Thread     made, answered and destroyed on the loop's; the button is for every thread, and may outlive doorbell and loop.
//            On a virtual clock only the loop's own thread may ring: such a loop waits for nobody.
// Source     run_sync_soon of Trio's token, for one function that is known beforehand.
#pragma once

#include <functional>
#include <memory>

namespace hoiku {

class Doorbell {
  struct State;

 public:
  class Button {
   public:
    Button() = default;  // of no doorbell: a ring does nothing
    void ring() const;

   private:
    friend class Doorbell;
    explicit Button(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
  };

  // `answer` must not wait and not throw. std::logic_error outside of a run.
  explicit Doorbell(std::function<void()> answer);
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  Button button() const noexcept { return Button(state_); }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace hoiku
