// child_arguments.hpp: whether the arguments that a nursery keeps for a child can be bound to its parameters.
#pragma once

#include <functional>
#include <type_traits>

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

// A reference parameter binds to a temporary if the stored argument is of another type (a "literal" for a const
// std::string&), and that temporary is gone at the child's first wait. Only functions with a known signature can be
// checked.
template <class Parameter, class Stored>
inline constexpr bool binds_safely =
    !std::is_reference_v<Parameter> || std::is_base_of_v<std::remove_cvref_t<Parameter>, Stored> ||
    std::is_same_v<std::remove_cvref_t<Parameter>, Stored> || !std::is_convertible_v<Stored, Parameter> ||
    std::is_same_v<Stored, std::reference_wrapper<std::remove_reference_t<Parameter>>>;

template <class Signature, class... Stored>
inline constexpr bool arguments_bind_safely = true;
template <class R, class... Parameters, class... Stored>
  requires(sizeof...(Parameters) == sizeof...(Stored))
inline constexpr bool arguments_bind_safely<R(Parameters...), Stored...> = (binds_safely<Parameters, Stored> && ...);

template <class F>
struct SignatureOf {
  using type = void;
};
template <class R, class... P>
struct SignatureOf<R (*)(P...)> {
  using type = R(P...);
};
template <class C, class R, class... P>
struct SignatureOf<R (C::*)(P...) const> {
  using type = R(P...);
};
template <class C, class R, class... P>
struct SignatureOf<R (C::*)(P...)> {
  using type = R(P...);
};
template <class F>
concept HasOneCallOperator = requires { &F::operator(); };
template <HasOneCallOperator F>
struct SignatureOf<F> : SignatureOf<decltype(&F::operator())> {};

}  // namespace detail
}  // namespace hoiku
