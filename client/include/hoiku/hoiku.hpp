// hoiku.hpp: everything that a service needs, in one header: structured concurrency, and the bus.
#pragma once

#include "hoiku/async.hpp"
#include "hoiku/client/bus.hpp"
#include "hoiku/client/composite.hpp"
#include "hoiku/client/condition.hpp"
#include "hoiku/client/errors.hpp"
#include "hoiku/client/lease.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/client/pattern_subscription.hpp"
#include "hoiku/client/qualified.hpp"
#include "hoiku/client/quality_term.hpp"
#include "hoiku/client/remote_bus.hpp"
#include "hoiku/client/topic.hpp"
#include "hoiku/client/topic_pages.hpp"
#include "hoiku/client/topic_transition.hpp"
