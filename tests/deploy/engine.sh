# engine.sh: a container engine to test with, and the base image in it. Sourced by containers.sh.
#
# Promises   an engine that answers already is used as it is; else one is started for this test, in a folder of its own,
#            which keeps its images so that the next run is quick, and touches no firewall rule and no bridge of the
#            machine's. It is ended by the pid that it wrote down, and nothing else is. No registry is needed: the base
#            image is made from the machine's own apt sources, whose names go into no log.
# Errors     find_engine fails with the reason in $engine_missing.
# shellcheck shell=bash disable=SC2034
. tools/dev/debian_root.sh

engine_folder=$PWD/build/deploy # images, made once; remove it (as root) for a cold start
engine_run=''                   # its socket and pid, in a short path since a socket's has a limit
engine_missing=''
engine_is_ours=''

# Debian's own client before any other one in the path: they speak different versions of the engine's language.
engine_path() {
  PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
  export PATH DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0
}

engine_answers() { timeout 20 docker version >/dev/null 2>&1; }

# find_engine LOG: one that runs, or one of our own.
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
  # A session of its own, so that Ctrl-C reaches only the test, which ends everything in order; and a signal from the
  # kernel, should the test be killed outright.
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

# make_base_image IMAGE: Debian's minimum without its manuals, where the engine has no such image and cannot have it.
make_base_image() {
  local image=$1 root=$engine_folder/root status
  docker image inspect "$image" >/dev/null 2>&1 && return 0
  # Somebody's own engine pulls it while it builds; ours has no network of its own for that.
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
