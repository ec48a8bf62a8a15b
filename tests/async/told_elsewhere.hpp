// told_elsewhere.hpp: makes a call on another thread, for the tests of what belongs to a loop.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace hoiku {

// Returns the sentence of the std::logic_error that the call throws on another thread, or "nothing".
inline std::string told_elsewhere(const std::function<void()>& call) {
  std::string told = "nothing";
  std::thread([&] {
    try {
      call();
    } catch (const std::logic_error& error) {
      told = error.what();
    } catch (...) {
      told = "something else";
    }
  }).join();
  return told;
}

}  // namespace hoiku
