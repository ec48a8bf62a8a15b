#include "hoiku/client/reading.hpp"

#include "hoiku/client/errors.hpp"

namespace hoiku {

Where where(std::string_view expression) {
  auto parsed = Predicate::parse(expression);
  if (!parsed) throw Error(parsed.failure());
  return Where(std::move(parsed).value());
}

void detail::check(const Reading& reading) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::invalid_argument, why); };
  if (reading.interval.count() < 0) refuse("at_most_every() takes no negative time");
  if (reading.interval > Limits().hold_max) refuse("at_most_every() cannot be so long a time");
  if (reading.interval.count() > 0 && reading.mode == Mode::every)
    refuse("at_most_every() leaves versions out: it is for Mode::latest");
  if (!reading.filter) return;
  const Result<void> valid = reading.filter->check(Limits());
  if (!valid) throw Error(valid.failure());
}

}  // namespace hoiku
