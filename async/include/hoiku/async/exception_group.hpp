// exception_group.hpp: the errors of a nursery, together. Always a group, also of one error, so that a caller need not
// tell two cases apart (as Trio's strict mode). They stand in the order of their completion.
#pragma once

#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace hoiku {

class ExceptionGroup : public std::exception {
 public:
  explicit ExceptionGroup(std::vector<std::exception_ptr> errors);

  // One line that names every leaf.
  const char* what() const noexcept override { return what_.c_str(); }

  // The members, groups among them as they are.
  const std::vector<std::exception_ptr>& errors() const noexcept { return errors_; }

  // Calls `visit` for each error that is not a group, at any depth, in order. What is not a std::exception is shown as a
  // std::runtime_error that says so.
  void for_each_leaf(const std::function<void(const std::exception&)>& visit) const;

 private:
  std::vector<std::exception_ptr> errors_;
  std::string what_;
};

// The block of fail_after did not end in time.
class TooSlowError : public std::runtime_error {
 public:
  TooSlowError() : std::runtime_error("the time limit of fail_after has passed") {}
};

// Whoever waits on something that has ended: a composite whose object is gone, a nursery that takes no more children.
class Closed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace hoiku
