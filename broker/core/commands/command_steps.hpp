// command_steps.hpp: what a client's command costs the turn that executes it, in steps (input_budget.hpp): the part
// that can be told from the command alone. What its topics' readers and waits add is charged where that is known.
#pragma once

#include <cstddef>
#include <optional>

#include "broker/core/input_budget.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/predicate.hpp"

namespace hoiku::broker {

// A predicate is checked, resolved and kept.
inline std::size_t steps_of(const std::optional<Predicate>& predicate) noexcept {
  return predicate ? predicate->comparisons() * steps_of_command : 0;
}

template <class Command>
std::size_t command_steps(const Command&) noexcept {
  return steps_of_command;
}
inline std::size_t command_steps(const proto::Commit& command) noexcept {
  return (1 + command.writes.size()) * steps_of_command;
}
inline std::size_t command_steps(const proto::Subscribe& command) noexcept {
  return (1 + command.topics.size()) * steps_of_command + steps_of(command.filter);
}
inline std::size_t command_steps(const proto::Wait& command) noexcept {
  return steps_of_command + steps_of(command.predicate);
}
inline std::size_t command_steps(const proto::WaitTransition& command) noexcept {
  return steps_of_command + steps_of(command.predicate);
}
inline std::size_t command_steps(const proto::RegisterSchema& command) noexcept {
  return steps_of_command + command.files.size();  // a step for each byte that is parsed
}

}  // namespace hoiku::broker
