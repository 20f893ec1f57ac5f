#!/usr/bin/env bash
# Runs all tests. On a fresh machine it first installs what they need (Debian's packages): redis-server, chromium, Node for the page's modules,
# python3-redis for the Python clients that the protocol is tested with, npm for the front ends' clients (tests/FrontEnds.Tests), prometheus and haproxy.
#
#   ./test.sh [-c Debug|Release] [-- further arguments of dotnet test]
#
# The tests start their own Redis servers on free ports and stop them. Results: artifacts/test-results/*.trx; the last line is the sum.
set -euo pipefail
cd "$(dirname "$0")"

configuration=Debug
while [ $# -gt 0 ]; do
  case "$1" in
    -c|--configuration) configuration="${2:?-c needs Debug or Release}"; shift 2 ;;
    --) shift; break ;;
    -h|--help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test.sh: unknown argument '$1' (see --help)" >&2; exit 2 ;;
  esac
done

# need PACKAGE COMMAND...: installs PACKAGE when COMMAND fails.
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 && return
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
  if command -v apt-get >/dev/null 2>&1 && "${sudo[@]}" true 2>/dev/null; then
    echo "test.sh: installing $package"
    "${sudo[@]}" apt-get install -y -qq "$package" >/dev/null 2>&1 \
      || { "${sudo[@]}" apt-get update -qq && "${sudo[@]}" apt-get install -y -qq "$package" >/dev/null; } || true
  fi
  "$@" >/dev/null 2>&1 || { echo "test.sh: $package is missing and cannot be installed here: please install it" >&2; exit 1; }
}

# need_program PACKAGE COMMAND...: the same for a program whose service is not to run on this machine.
need_program() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 && return
  local sudo=() policy=/usr/sbin/policy-rc.d
  [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
  if [ -e "$policy" ]; then
    need "$package" "$@"
  else
    # As Debian has it: while this file says so, no package starts a service.
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null 2>&1 && "${sudo[@]}" chmod 755 "$policy"
    (need "$package" "$@") || { "${sudo[@]}" rm -f "$policy"; exit 1; }
    "${sudo[@]}" rm -f "$policy"
  fi
  # Nor after the next start of the machine.
  "${sudo[@]}" systemctl disable --quiet "$package" >/dev/null 2>&1 || true
}
need redis-server command -v redis-server
need chromium command -v chromium
need nodejs command -v node
need npm command -v npm
need_program prometheus command -v promtool
need_program haproxy env PATH="$PATH:/usr/sbin" sh -c 'command -v haproxy'
need python3-redis /usr/bin/python3 -c 'import redis'

results="$PWD/artifacts/test-results"
rm -rf "$results"
mkdir -p "$results"
failed=0

# One compiler for all projects halves the time of the build. Where the environment starts none, this script does, and ends it.
if [ "${UseSharedCompilation:-true}" = false ]; then
  export UseSharedCompilation=true
  trap 'dotnet build-server shutdown --vbcscompiler >/dev/null' EXIT
fi
dotnet build AgentStream.sln -c "$configuration" -v quiet --nologo

# The clients that front ends use, in the versions of the lock file, against the silo that was built. They wait for npm first, so they run beside the rest.
installed() {
  [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] || npm ci --prefix "$1" --no-audit --no-fund >>"$results/npm.log" 2>&1
}
front_ends() {
  local clients=tests/FrontEnds.Tests
  if installed "$clients" && installed samples/React; then
    SILO_PROGRAM="$PWD/artifacts/bin/Silo/${configuration,,}/AgentStream.Silo.dll" \
      npm test --silent --prefix "$clients" >"$results/frontends.tap"
  else
    echo "# fail 1" >"$results/frontends.tap"
    cat "$results/npm.log" >>"$results/frontends.tap"
    echo "test.sh: the front ends' clients cannot be installed from npm: their tests did not run" >>"$results/frontends.tap"
    return 1
  fi
}
front_ends &
front_ends=$!

# .NET's dynamic optimization takes longer to pay off than most processes run here.
export DOTNET_TieredPGO=0

# Two test projects at a time: most of them wait for silos, browsers and Redis.
dotnet test AgentStream.sln -c "$configuration" --no-build --nologo -m:2 \
  --logger trx --results-directory "$results" "$@" || failed=1

node --test --test-reporter=tap tests/Page.Tests/*.test.mjs >"$results/page.tap" || { failed=1; cat "$results/page.tap"; }
wait "$front_ends" || { failed=1; cat "$results/frontends.tap"; }

# The sum, from what the runners wrote down.
count() {
  local trx tap
  trx=$({ grep -ho "<Counters [^>]*" "$results"/*.trx || true; } | { grep -o " $1=\"[0-9]*\"" || true; } | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }')
  tap=$(awk -v what="$2" '$1 == "#" && $2 == what { n += $3 } END { print n + 0 }' "$results"/*.tap)
  echo $((trx + tap))
}
# A test process that crashes is one failure: what it did not run is in no count.
crashed() {
  { grep -h 'The active test run was aborted' "$results"/*.trx || true; } | wc -l
}
passed_count=$(count passed pass)
failed_count=$(($(count failed fail) + $(count timeout cancelled) + $(crashed)))
if [ "$passed_count" -eq 0 ]; then
  echo "test.sh: no test ran" >&2
  failed=1
fi
/usr/bin/python3 .ci/failed "$results" || true

echo "$configuration"
echo "$passed_count passed, $failed_count failed"
[ "$failed" -eq 0 ] && [ "$failed_count" -eq 0 ]
