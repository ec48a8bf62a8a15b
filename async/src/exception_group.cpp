#include "hoiku/async/exception_group.hpp"

#include <typeinfo>

#include "hoiku/async/cancelled.hpp"

namespace hoiku {

namespace detail {

bool is_cancelled(const std::exception_ptr& error) noexcept {
  return error && *error.__cxa_exception_type() == typeid(Cancelled);
}

}  // namespace detail

namespace {

void visit_leaves(const std::vector<std::exception_ptr>& errors,
                  const std::function<void(const std::exception&)>& visit) {
  for (const std::exception_ptr& error : errors) {
    try {
      std::rethrow_exception(error);
    } catch (const ExceptionGroup& group) {
      visit_leaves(group.errors(), visit);
    } catch (const std::exception& leaf) {
      visit(leaf);
    } catch (...) {
      visit(std::runtime_error("an error that is not a std::exception"));
    }
  }
}

}  // namespace

ExceptionGroup::ExceptionGroup(std::vector<std::exception_ptr> errors) : errors_(std::move(errors)) {
  std::size_t leaves = 0;
  std::string texts;
  for_each_leaf([&](const std::exception& leaf) {
    if (leaves++ > 0) texts += "; ";
    texts += leaf.what();
  });
  what_ = std::to_string(leaves) + (leaves == 1 ? " error: " : " errors: ") + texts;
}

void ExceptionGroup::for_each_leaf(const std::function<void(const std::exception&)>& visit) const {
  visit_leaves(errors_, visit);
}

}  // namespace hoiku
