// named_writes.hpp: what a session's Sets say, as Set commands with names: the judge and most tests know only these.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "hoiku/proto/message.hpp"

namespace hoiku::proto {

class NamedWrites {
 public:
  // The commands of a frame, in the order of the session. Each number has a name: nobody here sends others.
  std::vector<Command> named(const std::vector<Command>& commands) {
    std::vector<Command> named;
    for (const Command& command : commands) {
      const auto* sets = std::get_if<Sets>(&command);
      if (sets == nullptr) {
        named.push_back(command);
        continue;
      }
      for (const Sets::Name& name : sets->names) names_[name.number] = name.topic;
      sets->for_each([&](RequestId id, std::uint32_t topic, const ValueView& value) {
        named.push_back(Set{id, names_.at(topic), value.copy(), {}, {}, sets->is_post});
        return true;
      });
    }
    return named;
  }

 private:
  std::map<std::uint32_t, std::string> names_;
};

}  // namespace hoiku::proto
