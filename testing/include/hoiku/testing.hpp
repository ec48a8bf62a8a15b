// testing.hpp: tests services in virtual time, with the whole bus simulated in one process.
#pragma once

#include "hoiku/hoiku.hpp"
#include "hoiku/testing/network.hpp"
#include "hoiku/testing/simulation.hpp"
#include "hoiku/testing/virtual_time.hpp"
