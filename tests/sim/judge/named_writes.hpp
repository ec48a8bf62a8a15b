// named_writes.hpp: what a session's Sets say, as Set commands with names: the model knows only these.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "hoiku/proto/message.hpp"

namespace hoiku::model {

class NamedWrites {
 public:
  // The commands of a frame that the broker executes, in the order of the session. Numbers without a name are none of
  // ours: no player sends them.
  std::vector<proto::Command> named(const std::vector<proto::Command>& commands) {
    std::vector<proto::Command> named;
    for (const proto::Command& command : commands) {
      const auto* sets = std::get_if<proto::Sets>(&command);
      if (sets == nullptr) {
        named.push_back(command);
        continue;
      }
      for (const proto::Sets::Name& name : sets->names) names_[name.number] = name.topic;
      sets->for_each([&](proto::RequestId id, std::uint32_t topic, const ValueView& value) {
        named.push_back(proto::Set{id, names_.at(topic), value.copy(), {}, {}, sets->is_post});
        return true;
      });
    }
    return named;
  }

 private:
  std::map<std::uint32_t, std::string> names_;
};

}  // namespace hoiku::model
