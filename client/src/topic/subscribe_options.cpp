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
  if (options.interval.count() < 0) refuse("at_most_every() takes no negative time");
  if (options.interval > Limits().hold_max) refuse("at_most_every() cannot be so long a time");
  if (options.interval.count() > 0 && options.mode == Mode::every)
    refuse("at_most_every() leaves versions out: it is for Mode::latest");
  if (!options.filter) return;
  const Result<void> valid = options.filter->check(Limits());
  if (!valid) throw Error(valid.failure());
}

}  // namespace hoiku
