#!/usr/bin/env bash
# builder_stage.sh ROOT: tests the Dockerfile up to the compilation, without an engine: the files that its stages copy
# have to suffice to list the packages, to configure the release, and for Ninja to plan each program.
#
# Compiles nothing: Ninja only plans, and strip and install get empty files. `./dev deploy --source` compiles.
set -euo pipefail
root=$1
state=$(mktemp -d /tmp/hoiku-builder.XXXXXX)
trap 'rm -rf "$state"' EXIT

fail() {
  printf 'FAILED: %s\n' "$*"
  exit 1
}

# stage NAME: prints the lines of one stage of the Dockerfile, with continued lines joined.
stage() {
  sed -e ':more' -e '/\\$/ { N; s/\\\n//; b more; }' "$root/Dockerfile" |
    awk -v name="$1" '/^FROM / { inside = $NF == name } inside'
}

# Makes the list of packages from the files that the stage copies.
while read -r from to; do
  mkdir -p "$(dirname "$state/packages$to")"
  cp -R "$root/$from" "$state/packages$to"
done < <(stage packages | sed -n 's/^COPY //p')
list=$(stage packages | sed -n 's/^RUN \(.*\) >\/packages$/\1/p')
sh -c "$state/packages$list" >"$state/list" 2>"$state/said" ||
  fail "the package list cannot be made: $(cat "$state/said")"
"$root/dev" packages | diff - "$state/list" || fail "the image's package list differs from ./dev packages"

# Copies the build context, without the files that .dockerignore names.
mapfile -t ignored < <(sed -e '/^#/d' -e 's,^\*\*/,,' -e 't' -e 's,^,./,' "$root/.dockerignore")
mkdir "$state/context"
tar -C "$root" "${ignored[@]/#/--exclude=}" --exclude-vcs -c . | tar -C "$state/context" -x

mkdir "$state/bin"
export HOIKU_REAL_NINJA HOIKU_PROGRAMS_MADE=$state/programs
HOIKU_REAL_NINJA=$(command -v ninja)
cat >"$state/bin/ninja" <<'NINJA'
#!/usr/bin/env bash
# Builds CMake's own checks. Only plans the programs, and makes an empty file for each.
[[ " $* " == *' -C build/release '* ]] || exec "$HOIKU_REAL_NINJA" "$@"
"$HOIKU_REAL_NINJA" -n "$@" >/dev/null || exit 1
shift 4
mkdir -p build/release/bin
for program; do : >"build/release/bin/$program"; done
NINJA
printf '#!/usr/bin/env bash\nls "$@" >/dev/null\n' >"$state/bin/strip"
# shellcheck disable=SC2016
printf '#!/usr/bin/env bash\n[[ "$1 $2" == "-D -t" ]] && cp "${@:4}" -t "$HOIKU_PROGRAMS_MADE"\n' \
  >"$state/bin/install"
chmod +x "$state/bin/"*
mkdir "$state/programs"

commands=$(stage builder | sed -n 's/^RUN \(cmake .*\)/\1/p')
[[ -n $commands ]] || fail "the builder stage has no RUN that begins with cmake"
programs=$(stage builder | sed -n 's/^ARG programs="\(.*\)"$/\1/p')
(cd "$state/context" && jobs=1 programs=$programs PATH=$state/bin:$PATH sh -ec "$commands") >"$state/said" 2>&1 ||
  fail "the builder stage fails: $(tail -n 20 "$state/said")"
for program in $programs; do
  [[ -e $state/programs/$program ]] || fail "the builder stage leaves no $program"
done
printf 'the builder stage knows its packages and %s programs\n' "$(wc -w <<<"$programs")"
