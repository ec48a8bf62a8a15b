// precompiled.hpp: what nearly every file includes and nobody here changes. Only a matter of speed: files include what
// they need themselves.
#pragma once

#include <algorithm>
#include <boost/asio.hpp>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
