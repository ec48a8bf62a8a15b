# engine.sh: a container engine to test with, and the base image in it. Sourced by containers.sh.
#
# Promises   uses an engine that answers. Otherwise starts one for this test, in a folder of its own that keeps the
#            images for the next run; it changes no firewall rule and no bridge of the machine. Ends only that engine,
#            by the pid in its pid file. Needs no registry: makes the base image from the machine's own apt sources,
#            whose names go into no log.
# Errors     find_engine fails with the reason in $engine_missing.
# shellcheck shell=bash disable=SC2034
. tools/dev/debian_root.sh

engine_folder=$PWD/build/deploy # keeps the images; remove it (as root) for a cold start
engine_run=''                   # has its socket and pid; short, since the path of a socket has a limit
engine_missing=''
engine_is_ours=''

# Puts Debian's own client first in the path: clients and engines of other versions may not understand each other.
engine_path() {
  PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
  export PATH DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0
}

engine_answers() { timeout 20 docker version >/dev/null 2>&1; }

# find_engine LOG: finds an engine that answers, or starts one.
find_engine() {
  local log=$1 turn
  engine_path
  if ! command -v docker >/dev/null || ! command -v docker-compose >/dev/null; then
    engine_missing='docker or docker-compose is not installed'
    return 1
  fi
  engine_answers && return 0
  if ! command -v dockerd >/dev/null; then
    engine_missing='no engine answers, and there is no dockerd to start'
    return 1
  fi
  if ((EUID != 0)); then
    engine_missing='no engine answers, and only root may start one'
    return 1
  fi

  engine_run=$(mktemp -d /tmp/hoiku-engine.XXXXXX) || return 1
  engine_is_ours=1
  export DOCKER_HOST=unix://$engine_run/docker.sock
  mkdir -p "$engine_folder"
  # The engine runs in its own session, so that Ctrl-C reaches only the test, which ends everything in order. The kernel
  # ends the engine if the test is killed.
  setsid setpriv --pdeathsig TERM -- dockerd -H "$DOCKER_HOST" --data-root "$engine_folder/data" \
    --exec-root "$engine_run/x" --pidfile "$engine_run/docker.pid" --bridge=none --iptables=false --ip6tables=false \
    --ip-forward=false --ip-masq=false --storage-driver overlay2 --oom-score-adjust 0 --shutdown-timeout 10 \
    </dev/null >"$log" 2>&1 &
  local started=$!
  for ((turn = 0; turn < 60; turn++)); do
    engine_answers && return 0
    kill -0 "$started" 2>/dev/null || break
    sleep 0.5
  done
  engine_missing=$(tail -n 1 "$log" | sed 's/^failed to start daemon: //')
  engine_missing="no engine could be started (${engine_missing:-it said nothing})"
  return 1
}

# make_base_image IMAGE: makes a minimal Debian without manuals, unless the engine has the image or can pull it.
make_base_image() {
  local image=$1 root=$engine_folder/root status
  docker image inspect "$image" >/dev/null 2>&1 && return 0
  # An engine that was running pulls the image while it builds; ours has no network for that.
  [[ -n $engine_is_ours ]] || return 0
  make_debian_root bookworm "$root" &&
    tar -C "$root" --numeric-owner --exclude='./var/cache/apt/archives/*.deb' --exclude='./var/lib/apt/lists/*' \
      --exclude='./var/log/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
      --exclude='./usr/share/doc/*/*' -c . |
    docker import -c 'CMD ["bash"]' - "$image" >/dev/null
  status=$?
  rm -rf --one-file-system "$root"
  return $status
}

stop_engine() {
  local pid turn
  [[ -n $engine_is_ours ]] || return 0
  pid=$(cat "$engine_run/docker.pid" 2>/dev/null)
  if [[ -n $pid ]]; then
    kill -TERM "$pid" 2>/dev/null
    for ((turn = 0; turn < 100; turn++)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.2
    done
    if kill -0 "$pid" 2>/dev/null; then
      printf 'deploy: the engine (process %s) did not end when told to; it is left as it is.\n' "$pid" >&2
      return 1
    fi
  fi
  umount "$engine_run"/x/netns/* 2>/dev/null # the engine leaves a mount behind
  rm -rf --one-file-system "$engine_run"
}
