// async.hpp: structured concurrency in one header: tasks, nurseries, cancel scopes, values that tasks can wait on.
//
// hoiku/async/asio.hpp is not part of it: whoever awaits Asio operations includes that too, and compiles Asio.
#pragma once

#include "hoiku/async/async_value.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/cancelled.hpp"
#include "hoiku/async/channel.hpp"
#include "hoiku/async/compose.hpp"
#include "hoiku/async/doorbell.hpp"
#include "hoiku/async/equality.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/eventual_values.hpp"
#include "hoiku/async/exception_group.hpp"
#include "hoiku/async/finally.hpp"
#include "hoiku/async/line_writer.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/periodic.hpp"
#include "hoiku/async/predicate_expression.hpp"
#include "hoiku/async/run.hpp"
#include "hoiku/async/signals.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/async/task.hpp"
#include "hoiku/async/task_status.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/async/transitions.hpp"
#include "hoiku/async/wait_all.hpp"
#include "hoiku/async/wait_any.hpp"
