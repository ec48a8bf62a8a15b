# portable.sh: the tests on Debian 13: another compiler, other libraries. Sourced; needs setup.sh, debian_root.sh.
# shellcheck shell=bash
portable_folder=build/portable # the root is made once; remove it for a cold start

# portable [CTEST ARGUMENT...]: builds and tests a copy of the tree in a root of Debian 13. Arguments go to ctest.
# shellcheck disable=SC2120
portable_command() {
  local folder=$PWD/$portable_folder/root log
  ((EUID == 0)) || fail "only root may make and enter a root of Debian 13; run sudo ./dev portable."
  set_up "${portable_packages[@]}"
  new_log portable
  if [[ ! -e $portable_folder/made ]]; then
    say "Making a root of Debian 13 in $portable_folder."
    mkdir -p "$portable_folder"
    make_debian_root trixie "$folder" ||
      fail "debootstrap could not make a root of Debian 13 from apt's sources; run apt-get update and try again."
    touch "$portable_folder/made"
  fi
  copy_tree "$folder/hoiku" ||
    why "$log" "the tree could not be copied into $folder; remove $portable_folder and try again."

  # Nothing that is mounted or started there outlives this script: it has its own namespaces, and the kernel kills it if
  # this script dies. sed removes the address of the mirror from apt's output.
  # shellcheck disable=SC2016
  setpriv --pdeathsig KILL -- unshare --mount --pid --fork --kill-child bash -c 'set -e
    mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/tmp"
    cp -L /etc/resolv.conf "$0/etc/resolv.conf"
    exec chroot "$0" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOIKU_JOBS="$1" \
      /hoiku/dev test "${@:2}"' "$folder" "${HOIKU_JOBS:-}" "$@" 2>&1 </dev/null |
    sed -u -E 's#[a-z+]+://[^ ]+#(mirror)#g' | tee "$log" ||
    why "$log" "the tests did not pass on Debian 13; what they said is above, the logs are in $folder/hoiku/build/log."
  say "Debian 13: $(grep 'tests passed' "$log")"
}

# copy_tree FOLDER: copies the sources into FOLDER. Keeps FOLDER/build and the files' times, so that builds are reused.
copy_tree() {
  mkdir -p "$1" &&
    find "$1" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf --one-file-system {} + &&
    tar --exclude=./build --exclude=./.git -c . | tar -x -C "$1"
}
