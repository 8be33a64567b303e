#!/usr/bin/env bash
# A pool by hand on a local chain over HTTP, the way it goes on testnet: Blueprint, mnemonic wallets, a server that is
# killed in the middle. Usage: scripts/examples/localnet-walkthrough.sh [port]
set -euo pipefail
cd "$(dirname "$0")/../.."
port=${1:-8477}
dir=$(mktemp -d)
export POOL_DEPLOYMENTS="$dir/deployments"
server=

start() { # exec: the pid is the server's own, so that kill -9 hits the server and not a shell around it
    : >"$dir/server.log"
    (exec node -r ts-node/register tools/localnet/localnet.ts --port "$port" --dir "$dir/chain" \
        --wallets operator,reporter,guardian,arbiter,recovery,alice,keeper,proxy) >"$dir/server.log" 2>&1 &
    server=$!
    until grep -q '^listening' "$dir/server.log"; do
        kill -0 "$server" || { cat "$dir/server.log"; exit 1; }
        sleep 0.2
    done
}
stop() { [ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
trap 'stop; rm -rf "$dir"' EXIT

address() { sed -n "s/^$1: \([^,]*\),.*/\1/p" "$dir/server.log"; }
words() { sed -n "/^$1:/{n;s/.*WALLET_MNEMONIC=\"\(.*\)\"/\1/p}" "$dir/server.log"; }
as() { # as <wallet> <script> [arguments]
    local wallet=$1 script=$2
    shift 2
    echo "--- $wallet: $script $*"
    WALLET_VERSION=v4r2 WALLET_MNEMONIC=$(words "$wallet") npx blueprint run "$script" \
        --custom "http://127.0.0.1:$port/api/v2/jsonRPC" --custom-version v2 --custom-type testnet --mnemonic -- "$@"
}
advance() {
    echo "--- $1 later"
    curl -sf -X POST "http://127.0.0.1:$port/api/v2/local_advance" -H 'content-type: application/json' \
        -d "{\"seconds\":\"$1\"}" >/dev/null
}

start
as operator deployPool --reporter "$(address reporter)" --guardian "$(address guardian)" \
    --arbiter "$(address arbiter)" --recovery "$(address recovery)" --proxy "$(address proxy)" --epoch 1d --yes
as alice registerParticipant --stake 20 --yes
as proxy examples/rehearsePayout "$(address alice)" 50 --yes
echo '--- kill -9 the server, start it again'
stop
start
advance 24h
printf 'participant,seconds,gpu,uptime_bps,outages\n%s,3600,1000,9900,0\n' "$(address alice)" >"$dir/metrics.csv"
as reporter reportMetrics "$dir/metrics.csv" --yes
advance 7h
as keeper runPayouts --dry-run
as keeper runPayouts --yes
as keeper runPayouts --yes
as alice explainPayout 0 "$(address alice)"
as alice statement "$(address alice)"
as keeper poolStatus
echo '--- a rule refuses: exit code 3'
code=0
as keeper setCommission 15 --yes || code=$?
[ "$code" -eq 3 ]
echo 'walkthrough complete'
