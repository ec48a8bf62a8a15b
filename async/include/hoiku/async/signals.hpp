// signals.hpp: what a program's signals do.
//
// run() takes SIGINT, SIGTERM and SIGHUP: each cancels the main task, so that everything cleans up. A signal that is
// ignored when run() begins (nohup, a background job of a script) stays ignored. A second SIGINT or SIGTERM ends the
// process at once; a terminal that closes may send several SIGHUP, and they do not count. When run() returns, the
// signals do what they did before.
//
// A program whose exit status is the 128 + n that run() returned after signal n then dies of that signal, after
// everything else that exit() does: so a shell's loop ends after Ctrl-C. Process 1 of a container cannot die of a
// signal: there the status stays. A program that does not catch the Cancelled of a run(Task<T>) dies in the same way.
#pragma once

namespace [[gnu::visibility("default")]] hoiku {

// run(leave_signals, main, ...) takes no signal. For a program with a loop or with handlers of its own.
struct LeaveSignals {};
inline constexpr LeaveSignals leave_signals;

// For the main of a program that has to live long: ignores SIGPIPE, SIGXFSZ, SIGUSR1 and SIGUSR2, each of which would
// kill it, unless it has a handler. The programs that it starts ignore them too.
void ignore_stray_signals();

// Opens each of the descriptors 0, 1 and 2 that is closed, so that no socket or file gets its number, and what is
// printed. Reading and writing it still fail. run() does this first; a main that opens or prints something before calls
// it itself.
void reserve_standard_descriptors() noexcept;

}  // namespace hoiku
