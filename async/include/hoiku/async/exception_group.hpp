// exception_group.hpp: the errors that this library throws: ExceptionGroup, TooSlowError, Closed.
#pragma once

#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace [[gnu::visibility("default")]] hoiku {

// The errors of a nursery's tasks, in the order of their completion. A single error comes as a group too, so that a
// caller has one case to handle (as in Trio's strict mode).
class ExceptionGroup : public std::exception {
 public:
  explicit ExceptionGroup(std::vector<std::exception_ptr> errors);

  // Returns one line that names every leaf.
  const char* what() const noexcept override { return what_.c_str(); }

  // Returns the members; a member may be a group.
  const std::vector<std::exception_ptr>& errors() const noexcept { return errors_; }

  // Calls `visit` for each error that is not a group, at any depth, in order. An error that is not a std::exception is
  // passed as a std::runtime_error that says so.
  void for_each_leaf(const std::function<void(const std::exception&)>& visit) const;

 private:
  std::vector<std::exception_ptr> errors_;
  std::string what_;
};

// Thrown by fail_after and fail_at: the body did not end in time; and by finally.
class TooSlowError : public std::runtime_error {
 public:
  TooSlowError() : std::runtime_error("the time limit of fail_after has passed") {}
  explicit TooSlowError(const std::string& what) : std::runtime_error(what) {}
};

// Thrown to a task that uses something that has ended: a value, a channel's handle, a nursery.
class Closed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace hoiku
