#include "hoiku/client/subscribe_options.hpp"

#include "hoiku/client/errors.hpp"

namespace hoiku {

Where where(std::string_view expression) {
  auto parsed = Predicate::parse(expression);
  if (!parsed) throw Error(parsed.failure());
  return Where(std::move(parsed).value());
}

void detail::check(const SubscribeOptions& options) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::invalid_argument, why); };
  if (options.interval.count() < 0) refuse("the interval of at_most_every() must not be negative");
  if (options.interval > Limits().hold_max) refuse("the interval of at_most_every() exceeds the limit of 10 years");
  if (options.interval.count() > 0 && options.mode == Mode::every)
    refuse("at_most_every() leaves versions out: it needs Mode::latest");
  if (!options.filter) return;
  const Result<void> valid = options.filter->check(Limits());
  if (!valid) throw Error(valid.failure());
}

}  // namespace hoiku
