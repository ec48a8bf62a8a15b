#include "tests/proto/proto_text.hpp"

#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace hoiku::test {
namespace {

namespace pb = google::protobuf;
using Label = pb::FieldDescriptorProto;

const std::map<std::string, pb::FieldDescriptorProto::Type> types{
    {"bool", Label::TYPE_BOOL},         {"int32", Label::TYPE_INT32},       {"int64", Label::TYPE_INT64},
    {"uint32", Label::TYPE_UINT32},     {"uint64", Label::TYPE_UINT64},     {"sint32", Label::TYPE_SINT32},
    {"sint64", Label::TYPE_SINT64},     {"fixed32", Label::TYPE_FIXED32},   {"fixed64", Label::TYPE_FIXED64},
    {"sfixed32", Label::TYPE_SFIXED32}, {"sfixed64", Label::TYPE_SFIXED64}, {"float", Label::TYPE_FLOAT},
    {"double", Label::TYPE_DOUBLE},     {"string", Label::TYPE_STRING},     {"bytes", Label::TYPE_BYTES},
};

class Reader {
 public:
  pb::FileDescriptorProto file(std::string_view text) {
    file_.set_name("its.proto");
    file_.set_package("its");
    file_.set_syntax("proto3");
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::vector<std::string> found;
      for (std::string word; words >> word;) found.push_back(word);
      if (!found.empty()) take(found);
    }
    // Synthetic oneofs come after the declared ones.
    for (pb::FieldDescriptorProto* field : optional_) {
      pb::DescriptorProto& message = *owner_[field];
      field->set_oneof_index(message.oneof_decl_size());
      message.add_oneof_decl()->set_name("_" + field->name());
    }
    return file_;
  }

 private:
  void take(std::vector<std::string> words) {
    const std::string first = words.front();
    if (first == "syntax") {
      file_.set_syntax(words[1]);
    } else if (first == "package") {
      file_.set_package(words[1]);
    } else if (first == "group") {
      field({words.begin() + 1, words.end()}).set_type(Label::TYPE_GROUP);
    } else if (first == "message") {
      open_.push_back(open_.empty() ? file_.add_message_type() : open_.back()->add_nested_type());
      open_.back()->set_name(words[1]);
    } else if (first == "enum") {
      enum_ = file_.add_enum_type();
      enum_->set_name(words[1]);
    } else if (first == "end") {
      if (enum_) {
        enum_ = nullptr;
      } else {
        open_.pop_back();
      }
    } else if (enum_) {
      auto& value = *enum_->add_value();
      value.set_name(first);
      value.set_number(std::stoi(words[1]));
      for (const auto& other : enum_->value()) {
        if (&other != &value && other.number() == value.number()) enum_->mutable_options()->set_allow_alias(true);
      }
    } else if (first == "map") {
      map(words);
    } else if (first == "oneof") {
      const int index = oneof(words[1]);
      field({words.begin() + 2, words.end()}).set_oneof_index(index);
    } else {
      labelled(words);
    }
  }

  void labelled(std::vector<std::string> words) {
    const std::string label = words.size() == 4 ? words.front() : "";
    if (!label.empty()) words.erase(words.begin());
    auto& made = field(words);
    if (label == "repeated") made.set_label(Label::LABEL_REPEATED);
    if (label == "required") made.set_label(Label::LABEL_REQUIRED);
    if (label == "optional" && file_.syntax() == "proto3") {
      made.set_proto3_optional(true);
      optional_.push_back(&made);
      owner_[&made] = open_.back();
    }
  }

  pb::FieldDescriptorProto& field(const std::vector<std::string>& words) {
    auto& made = *open_.back()->add_field();
    made.set_label(Label::LABEL_OPTIONAL);
    const auto type = types.find(words[0]);
    if (type != types.end()) {
      made.set_type(type->second);
    } else {
      made.set_type_name(words[0]);  // a message's or an enumeration's: found out by the pool
    }
    made.set_name(words[1]);
    made.set_number(std::stoi(words[2]));
    return made;
  }

  int oneof(const std::string& name) {
    auto& message = *open_.back();
    for (int i = 0; i < message.oneof_decl_size(); ++i) {
      if (message.oneof_decl(i).name() == name) return i;
    }
    message.add_oneof_decl()->set_name(name);
    return message.oneof_decl_size() - 1;
  }

  void map(const std::vector<std::string>& words) {
    std::string entry = words[3] + "Entry";
    entry.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(entry.front())));
    auto& made = field({entry, words[3], words[4]});
    made.set_label(Label::LABEL_REPEATED);
    made.set_type(Label::TYPE_MESSAGE);
    open_.push_back(open_.back()->add_nested_type());
    open_.back()->set_name(entry);
    open_.back()->mutable_options()->set_map_entry(true);
    field({words[1], "key", "1"});
    field({words[2], "value", "2"});
    open_.pop_back();
  }

  pb::FileDescriptorProto file_;
  std::vector<pb::DescriptorProto*> open_;
  pb::EnumDescriptorProto* enum_ = nullptr;
  std::vector<pb::FieldDescriptorProto*> optional_;
  std::map<pb::FieldDescriptorProto*, pb::DescriptorProto*> owner_;
};

}  // namespace

std::string files_of(std::string_view text) {
  pb::FileDescriptorSet set;
  *set.add_file() = Reader().file(text);
  return set.SerializeAsString();
}

MessageSchema schema_of(const std::string& name, std::string_view text) {
  auto schema = MessageSchema::parse("its." + name, files_of(text));
  if (!schema) throw std::logic_error(schema.failure().message);
  return *schema;
}

Reflected::Reflected(const std::string& files) {
  pb::FileDescriptorSet set;
  set.ParseFromString(files);
  for (const auto& file : set.file()) pool_.BuildFile(file);
}

std::unique_ptr<pb::Message> Reflected::message(const std::string& type_name) {
  return std::unique_ptr<pb::Message>(factory_.GetPrototype(pool_.FindMessageTypeByName(type_name))->New());
}

Value reflected_value(const pb::Message& message, const std::vector<std::string>& names) {
  const pb::Message* in = &message;
  for (std::size_t i = 0;; ++i) {
    const pb::FieldDescriptor& field = *in->GetDescriptor()->FindFieldByName(names[i]);
    const pb::Reflection& reflection = *in->GetReflection();
    if (field.has_presence() && !reflection.HasField(*in, &field)) return {};
    if (i + 1 < names.size()) {
      in = &reflection.GetMessage(*in, &field);
      continue;
    }
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return Value(reflection.GetBool(*in, &field));
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return Value(std::int64_t{reflection.GetInt32(*in, &field)});
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return Value(std::int64_t{reflection.GetInt64(*in, &field)});
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        return Value(std::int64_t{reflection.GetUInt32(*in, &field)});
      case pb::FieldDescriptor::CPPTYPE_UINT64: {
        const std::uint64_t number = reflection.GetUInt64(*in, &field);
        return number >> 63 ? Value(static_cast<double>(number)) : Value(static_cast<std::int64_t>(number));
      }
      case pb::FieldDescriptor::CPPTYPE_FLOAT:
        return Value(static_cast<double>(reflection.GetFloat(*in, &field)));
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return Value(reflection.GetDouble(*in, &field));
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return Value(std::int64_t{reflection.GetEnumValue(*in, &field)});
      case pb::FieldDescriptor::CPPTYPE_STRING: {
        std::string text = reflection.GetString(*in, &field);
        return field.type() == pb::FieldDescriptor::TYPE_BYTES ? Value(Bytes{std::move(text)}) : Value(std::move(text));
      }
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    throw std::logic_error("a message has no value");
  }
}

const char* const everything = R"(
enum Mode
  IDLE 0
  ACTIVE 1
  RUNNING 1
  LOST -2
end
message All
  bool flag 1
  int32 i32 2
  int64 i64 3
  uint32 u32 4
  uint64 u64 5
  sint32 s32 6
  sint64 s64 7
  fixed32 f32 8
  fixed64 f64 9
  sfixed32 sf32 10
  sfixed64 sf64 11
  float single 12
  double twice 13
  string text 14
  bytes raw 15
  Mode mode 16
  All inner 17
  repeated int32 many 18
  map string int32 tags 19
  optional int32 maybe 20
  optional string perhaps 21
  oneof choice int32 number 22
  oneof choice string word 23
  oneof choice All other 24
  oneof choice Mode state 25
  repeated All more 26
  Point where 1000
end
message Point
  double x 1
  double y 2
end
)";

}  // namespace hoiku::test
