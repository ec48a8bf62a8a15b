# setup.sh: the Debian packages that each command needs, and their installation. Sourced; needs talk.sh.
# shellcheck shell=bash disable=SC2034

# This system, such as `debian 12`, and the packages that have another name on Debian 13.
# shellcheck source=/dev/null
system=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}")
boost=libboost1.81-dev
clang=14
format_packages=(clang-format-16)
if [[ $system == 'debian 13' ]]; then
  boost=libboost1.83-dev
  clang=19
  format_packages=() # Debian 13 has no clang-format 16, and other versions format differently
fi

# The packages of a build, and those that other commands need in addition. ccache and lld are used if installed.
build_packages=(g++ cmake ninja-build pkgconf "$boost" libzmq3-dev cppzmq-dev libprotobuf-dev protobuf-compiler
  libfmt-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libgtest-dev libgmock-dev python3-minimal)
# A foreign client, and what counts instructions; without them their tests are skipped.
test_packages=(python3-zmq python3-protobuf valgrind)
install_packages=(make) # CMake's default generator, with which the guide builds a first service
lint_packages=(shellcheck)
bench_packages=(libbenchmark-dev nats-server libnats-dev redis-server mosquitto) # the peers: docs/benchmarks.md
long_packages=("clang-$clang")
fuzz_packages=("clang-$clang" "libclang-rt-$clang-dev")
engine_packages=(docker.io docker-compose debootstrap)
apt_cannot_fetch='Unable to locate package|Failed to fetch|Temporary failure|Could not connect'
apt_cannot_fetch+='|no installation candidate'
portable_packages=(debootstrap)
# Named on a system whose packages have other names.
build_needs='g++ 12 or clang 14, CMake 3.25, Ninja, pkg-config, Boost 1.81, libzmq 4.3, cppzmq, Protobuf 3.21 with
protoc, {fmt}, CLI11, toml++, spdlog, GoogleTest and Python 3, or newer ones'

missing_packages() { # missing_packages NAME...: those that are not installed, in $missing
  local installed name
  installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null)"
  missing=()
  for name in "$@"; do
    [[ $installed == *" installed:$name "* ]] || missing+=("$name")
  done
}

# set_up PACKAGE...: installs the missing packages. With HOIKU_NO_SETUP=1 it checks and installs nothing.
set_up() {
  local install root=() missing
  [[ -z ${HOIKU_NO_SETUP:-} ]] || return 0
  (($#)) || return 0
  missing_packages "$@"
  ((${#missing[@]})) || return 0

  [[ $system == 'debian 12' || $system == 'debian 13' ]] ||
    fail "this set-up knows Debian 12 and 13, not ${system:-this system}. A build needs ${build_needs//$'\n'/ }." \
      "Install what is missing (Debian's names: ${missing[*]}) and run HOIKU_NO_SETUP=1 ./dev $command," \
      "or use a debian:12 container."
  install="apt-get install --no-install-recommends ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "packages are missing and there is no sudo; run as root: apt-get update && $install"
    if ! sudo -n true 2>/dev/null; then
      [[ -t 0 ]] || fail "packages are missing and sudo wants a password; run: sudo apt-get update && sudo $install"
      say "Installing ${#missing[@]} packages needs root; sudo may ask for your password."
      sudo -v || fail "packages are missing; let somebody who may run: sudo apt-get update && sudo $install"
    fi
    root=(sudo)
  fi

  say "Setting up: ${missing[*]}"
  new_log setup
  root+=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C)
  local options=(-o DPkg::Lock::Timeout=120 -o APT::Update::Error-Mode=any)
  # A failing mirror is ignored here: the packages may come from another mirror, or may have been fetched before.
  "${root[@]}" apt-get "${options[@]}" update 2>&1 </dev/null | progress 'package lists' "$log"
  # --no-remove: never uninstalls another version, such as libboost1.74-dev, without asking.
  options+=(-y --no-install-recommends --no-remove)
  if ! "${root[@]}" apt-get "${options[@]}" install "${missing[@]}" 2>&1 </dev/null | progress 'packages' "$log"; then
    if grep -q 'Packages need to be removed' "$log"; then
      fail "$boost conflicts with an installed package (most likely another libboost-dev);" \
        "run $install yourself if that one may be removed."
    elif grep -qE 'Could not get lock|Unable to acquire' "$log"; then
      fail "another program holds apt's lock; wait until it is done and run ./dev $command again."
    elif grep -qE "$apt_cannot_fetch" "$log"; then
      fail "the packages cannot be fetched; check the network and apt's sources, then run ./dev $command again." \
        "The log is $log"
    fi
    why "$log" "apt-get could not install the packages; run $install as root and see. The log is $log"
  fi
}

packages_command() { printf '%s\n' "${build_packages[@]}"; } # used by the Dockerfile, and useful for images of your own
