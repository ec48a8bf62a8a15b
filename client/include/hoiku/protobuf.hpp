// protobuf.hpp: topics of Protobuf messages: bus.topic<robot::Pose>("robot/pose"), also in a std::optional.
//
// A message is kept with the full name of its type, and a topic holds messages of one type only. Two messages are equal
// if their bytes are. They are serialised deterministically, so that the order of a map makes no transition. Another
// version of Protobuf may write the same content as different bytes: that makes a transition too many, never one too
// few.
//
// The broker is told the schema of messages that are not lite (Bus::topic). So predicates can name their fields
// (topic.wait_value(where("value.x > 3"))), and `hoiku` shows them. Lite messages have neither.
//
// A program that includes this header links Protobuf; hoiku.hpp does not need it.
// Errors     TypeMismatch for a message of another type, or for invalid bytes; Error(invalid_argument) for a message
//            that lacks a required field.
#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message_lite.h>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "hoiku/async/equality.hpp"
#include "hoiku/client/topic_type.hpp"
#include "hoiku/proto/text.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

template <class M>
concept ProtobufMessage = std::derived_from<M, google::protobuf::MessageLite>;

inline std::string serialised(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream to_string(&bytes);
    google::protobuf::io::CodedOutputStream coded(&to_string);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return bytes;
}

template <class M>
concept DescribedMessage = ProtobufMessage<M> && requires { M::descriptor()->file(); };

}  // namespace detail

template <detail::ProtobufMessage M>
struct TopicTraits<M> {
  static constexpr std::string_view type_name = "message";
  static std::string message_type() { return M().GetTypeName(); }

  static const MessageSchema& schema()
    requires detail::DescribedMessage<M>
  {
    static const MessageSchema made = MessageSchema::of(*M::descriptor());
    return made;
  }

  static Value to_value(const M& message, const std::string& topic) {
    if (!message.IsInitialized()) {
      throw Error(ErrorCode::invalid_argument,
                  "topic " + text::quote(topic) + ": the " + message.GetTypeName() +
                      " lacks required fields: " + text::excerpt(message.InitializationErrorString()));
    }
    return Value(MessageBytes{message.GetTypeName(), detail::serialised(message)});
  }

  static M from_value(const Value& held, const std::string& topic) {
    M message;
    const auto* bytes = held.get_if<MessageBytes>();
    if (!bytes || bytes->type_name != message.GetTypeName()) throw_type_mismatch(topic, message.GetTypeName(), held);
    if (!message.ParseFromString(bytes->data)) {
      throw TypeMismatch("topic " + text::quote(topic) + " holds bytes that are not a valid " + message.GetTypeName() +
                         ": was its definition changed in a way that Protobuf does not allow?");
    }
    return message;
  }
};

template <detail::ProtobufMessage M>
struct Equality<M> {
  static bool equal(const M& a, const M& b) { return detail::serialised(a) == detail::serialised(b); }
};

}  // namespace hoiku
