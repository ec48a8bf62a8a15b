# deploy.sh: the robot in containers. Sourced; needs build.sh.
# shellcheck shell=bash

# deploy [--source]: the robot in containers. An engine that runs is used; otherwise Debian's own one is installed, and
# ended after the test. If that fails, the test itself says that it is skipped, and why.
#
# On the image's own Debian the release's programs are built here, in few compilations, and copied into the image.
# --source, or another system, builds them in the engine, as `docker-compose up` does.
deploy_command() {
  local log root=() programs='' image=build/programs/image
  if [[ ${1:-} == --source ]]; then
    shift
  else
    programs=$(sed -n 's/^ARG programs="\(.*\)"$/\1/p' Dockerfile)
  fi
  (($# == 0)) || usage_error "deploy does not know '$1'"
  [[ $system == 'debian 12' ]] || programs=''
  if ! command -v docker-compose >/dev/null || ! timeout 20 docker version >/dev/null 2>&1; then
    (set_up "${engine_packages[@]}")
  fi
  ((EUID == 0)) || ! command -v sudo >/dev/null || root=(sudo)
  rm -rf "$image"
  if [[ -n $programs ]]; then
    read -ra programs <<<"$programs"
    set_up "${build_packages[@]}"
    build programs "${programs[@]}"
    mkdir -p "$image"
    (cd build/programs/bin && install -s -D -t ../image/programs "${programs[@]}") ||
      fail "the programs could not be copied into $image; what install said is above."
  fi
  new_log deploy
  "${root[@]}" env "HOIKU_DEPLOY=${HOIKU_DEPLOY:-}" tests/deploy/containers.sh | tee "$log" ||
    why "$logs/containers.log" "the robot in containers did not pass; the reason is above," \
      "and what the tools said is in $logs/containers.log"
}
