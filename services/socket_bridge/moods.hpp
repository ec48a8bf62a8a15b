// moods.hpp: the reaction of the bridge to a feed, as plain functions: the topics of a digit, and when to reconnect.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "hoiku/async/time.hpp"

namespace hoiku::services {

// The digit in a message. Empty if the message is not a digit.
inline std::optional<int> digit_of(const std::string& message) {
  if (message.size() != 1 || message.front() < '0' || message.front() > '9') return std::nullopt;
  return message.front() - '0';
}

inline bool makes_sad(int digit) { return digit % 2 == 1; }

// The values of the two topics.
struct Moods {
  std::string sad;
  std::string happy;
  friend bool operator==(const Moods&, const Moods&) = default;
};

// The robots of the two talks.
enum class Variant : unsigned char {
  us,  // a digit changes one topic, the other keeps its text
  jp,  // a digit changes both: it fills one and empties the other
};

inline Moods first_moods(Variant variant) { return variant == Variant::us ? Moods{"idle", "idle"} : Moods{"👶", "🍼"}; }

inline void feel(Moods& moods, int digit, Variant variant) {
  const std::string n = std::to_string(digit);
  const bool is_sad = makes_sad(digit);
  if (variant == Variant::us) {
    (is_sad ? moods.sad : moods.happy) = (is_sad ? "😢 " : "😆 ") + n;
  } else {
    moods.sad = is_sad ? "👶 :" + n + "…" : "";
    moods.happy = is_sad ? "" : "🍼 :" + n + "…";
  }
}

// The pause before the next attempt: doubled each time, from a tenth of a second up to two.
class Backoff {
 public:
  Duration next() {
    const Duration pause = pause_;
    pause_ = std::min<Duration>(2 * pause_, std::chrono::seconds(2));
    return pause;
  }
  void succeeded() { pause_ = first; }

 private:
  static constexpr Duration first = std::chrono::milliseconds(100);
  Duration pause_ = first;
};

}  // namespace hoiku::services
