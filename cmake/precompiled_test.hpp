// precompiled_test.hpp: what nearly every test includes besides. As precompiled.hpp, only a matter of speed.
#pragma once

#include "cmake/precompiled.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
