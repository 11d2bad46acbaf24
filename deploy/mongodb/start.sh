#!/usr/bin/env bash
# mongod takes its key only from a file of its own that nobody else reads; a mounted secret is neither.
set -euo pipefail
install -o mongodb -g mongodb -m 400 /run/secrets/mongodb_key /tmp/key
exec docker-entrypoint.sh mongod --replSet doorstep --keyFile /tmp/key --bind_ip_all \
	--networkMessageCompressors snappy,zstd --setParameter minSnapshotHistoryWindowInSeconds=5 "$@"
