// precompiled_test.hpp: what nearly every test also includes. Like precompiled.hpp, it only makes builds faster.
#pragma once

#include "cmake/precompiled.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
