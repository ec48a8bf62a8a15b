// command_traits.hpp: how each command is answered, and whether it writes, looks something up, or comes in pages. The
// only place that says so: the broker's answers and lookups and the client's session read it.
//
// Adding a command: the struct and the variant in message.hpp, its traits here, its codec, its handler in the broker,
// its verb at the client. A command without traits does not compile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>

#include "hoiku/proto/message.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

enum class Lifetime : std::uint8_t {
  one_shot,    // in flight until its one answer: its Answer, or Failed
  open,        // an open request: stays until its EndedBy, or until the broker ends it
  unanswered,  // ends or renews an open request, or ends the session
  packed,      // several one-shots in one command, each with an id of its own
};

// ---- At compile time

template <class Command>
struct CommandTraits;  // Answer, EndedBy (void: none), lifetime, is_write, is_lookup

namespace detail {
template <Lifetime life, class AnswerType = void, class EndingCommand = void, bool writes = false>
struct Traits {
  using Answer = AnswerType;
  using EndedBy = EndingCommand;
  static constexpr Lifetime lifetime = life;
  static constexpr bool is_write = writes;
  static constexpr bool is_lookup = false;
};
template <class AnswerType, bool writes = false>
using OneShot = Traits<Lifetime::one_shot, AnswerType, void, writes>;
// Reads what the broker has. The answer is what is true when the broker sends it.
template <class AnswerType>
struct Lookup : OneShot<AnswerType> {
  static constexpr bool is_lookup = true;
};
template <class AnswerType, class EndingCommand>
using Open = Traits<Lifetime::open, AnswerType, EndingCommand>;
using Packed = Traits<Lifetime::packed, void, void, true>;
using Unanswered = Traits<Lifetime::unanswered>;
}  // namespace detail

// clang-format off
template <> struct CommandTraits<Set>            : detail::OneShot<SetDone, true> {};
template <> struct CommandTraits<Commit>         : detail::OneShot<CommitDone, true> {};
template <> struct CommandTraits<Declare>        : detail::OneShot<Done> {};
template <> struct CommandTraits<Undeclare>      : detail::OneShot<Done> {};
template <> struct CommandTraits<RegisterSchema> : detail::OneShot<Done> {};

template <> struct CommandTraits<Get>            : detail::Lookup<GetDone> {};
template <> struct CommandTraits<GetSchema>      : detail::Lookup<SchemaDone> {};
template <> struct CommandTraits<List>           : detail::Lookup<ListDone> {};
template <> struct CommandTraits<ListReaders>    : detail::Lookup<ReadersDone> {};

template <> struct CommandTraits<Wait>           : detail::Open<WaitDone, CancelWait> {};
template <> struct CommandTraits<WaitTransition> : detail::Open<TransitionDone, CancelWait> {};  // armed first
template <> struct CommandTraits<Own>            : detail::Open<Owned, Release> {};              // stays open
template <> struct CommandTraits<Subscribe>      : detail::Open<void, Unsubscribe> {};           // no answer

template <> struct CommandTraits<Unsubscribe>    : detail::Unanswered {};
template <> struct CommandTraits<Renew>          : detail::Unanswered {};
template <> struct CommandTraits<CancelWait>     : detail::Unanswered {};
template <> struct CommandTraits<Release>        : detail::Unanswered {};
template <> struct CommandTraits<Goodbye>        : detail::Unanswered {};

template <> struct CommandTraits<Sets>           : detail::Packed {};  // each write is answered as a Set is
// clang-format on

namespace detail {
template <class Lookups, class... Commands>
struct LookupsAmong {
  using type = Lookups;
};
template <class... Lookups, class Command, class... Rest>
struct LookupsAmong<std::variant<Lookups...>, Command, Rest...>
    : LookupsAmong<std::conditional_t<CommandTraits<Command>::is_lookup, std::variant<Lookups..., Command>,
                                      std::variant<Lookups...>>,
                   Rest...> {};
template <class... Commands>
typename LookupsAmong<std::variant<>, Commands...>::type lookups_among(const std::variant<Commands...>&);
}  // namespace detail

// Any of the commands that are lookups.
using Lookup = decltype(detail::lookups_among(std::declval<const Command&>()));

// Whether the command is answered page by page: each page says where the next one begins.
template <class Command>
inline constexpr bool is_paged = requires(typename CommandTraits<Command>::Answer answer) {
  answer.rows;
  answer.next;
};

// ---- At run time

struct CommandProperties {
  static constexpr std::size_t no_answer = std::variant_npos;

  Lifetime lifetime{};
  bool is_write = false;
  std::size_t answer = no_answer;  // its alternative in Answer

  bool is_one_shot() const noexcept { return lifetime == Lifetime::one_shot; }
  bool is_open() const noexcept { return lifetime == Lifetime::open; }
  // Whether the broker may answer the command so.
  bool is_answered_by(const Answer& given) const noexcept {
    return given.index() == answer || (lifetime != Lifetime::unanswered && std::holds_alternative<Failed>(given));
  }
};

namespace detail {
template <class Wanted, class... Answers>
constexpr std::size_t answer_index(const std::variant<Answers...>*) {
  std::size_t index = CommandProperties::no_answer;
  std::size_t at = 0;
  ((std::is_same_v<Wanted, Answers> ? index = at++ : at++), ...);
  return index;
}
template <class... Commands>
constexpr auto properties_table(const std::variant<Commands...>*) {
  return std::array{CommandProperties{
      CommandTraits<Commands>::lifetime, CommandTraits<Commands>::is_write,
      answer_index<typename CommandTraits<Commands>::Answer>(static_cast<const Answer*>(nullptr))}...};
}
inline constexpr auto command_properties = properties_table(static_cast<const Command*>(nullptr));
}  // namespace detail

inline const CommandProperties& properties_of(const Command& command) noexcept {
  return detail::command_properties[command.index()];
}

// The request's number; 0 of a Goodbye, which has none.
inline RequestId id_of(const Command& command) noexcept {
  return std::visit(
      [](const auto& which) -> RequestId {
        if constexpr (requires { which.id; }) return which.id;
        return 0;
      },
      command);
}

inline RequestId id_of(const Answer& answer) noexcept {
  return std::visit([](const auto& which) { return which.id; }, answer);
}

}  // namespace proto
}  // namespace hoiku
