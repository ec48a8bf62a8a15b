// root_task.hpp: the first task of a run. Two loops drive one: run() on the real clock, testing/ on a virtual one.
#pragma once

#include <exception>
#include <functional>

#include "hoiku/async/task.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class RootTask {
 public:
  RootTask(Runtime& runtime, const std::function<Task<>()>& main);
  ~RootTask();
  RootTask(const RootTask&) = delete;
  RootTask& operator=(const RootTask&) = delete;

  bool finished() const noexcept { return finished_; }
  std::exception_ptr error() const noexcept { return error_; }

 private:
  class Coroutine;
  static Coroutine body(RootTask& self);

  std::function<Task<>()> main_;
  TaskState state_;
  std::coroutine_handle<> handle_;
  std::exception_ptr error_;
  bool finished_ = false;
};

}  // namespace detail
}  // namespace hoiku
