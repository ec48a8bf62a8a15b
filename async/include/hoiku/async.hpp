// async.hpp: structured concurrency on Asio, in one header: tasks, nurseries, cancel scopes, values that can be waited on.
#pragma once

#include "hoiku/async/async_value.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/cancelled.hpp"
#include "hoiku/async/channel.hpp"
#include "hoiku/async/compose.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/exception_group.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/periodic.hpp"
#include "hoiku/async/run.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/async/task.hpp"
#include "hoiku/async/task_status.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/async/wait_all.hpp"
#include "hoiku/async/wait_any.hpp"
