// child_arguments.hpp: what can be seen at compile time of a child's function and the arguments that are kept for it.
#pragma once

#include <functional>
#include <type_traits>

namespace hoiku::detail {

// A reference parameter would be bound to a temporary that is gone at the child's first wait, where the stored argument
// is of another type (a "literal" for a const std::string&). That can be seen for functions whose signature is known.
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
  requires requires { &F::operator(); }
struct SignatureOf<F> : SignatureOf<decltype(&F::operator())> {};

}  // namespace hoiku::detail
