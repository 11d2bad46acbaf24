#!/usr/bin/env bash
# mongod takes its key only from a file of its own that nobody else reads; a mounted secret is neither.
set -euo pipefail
install -m 400 /run/secrets/mongodb_key /tmp/key
# The transaction of a killed process blocks what it wrote until its limit: ADR 3. The short history: ADR 11.
exec mongod --dbpath /data/db --bind_ip_all --nounixsocket --quiet \
	--replSet doorstep --keyFile /tmp/key \
	--wiredTigerCacheSizeGB "$DOORSTEP_MONGODB_CACHE_GB" --networkMessageCompressors snappy,zstd \
	--setParameter transactionLifetimeLimitSeconds=10 \
	--setParameter minSnapshotHistoryWindowInSeconds=5 \
	--setParameter shutdownTimeoutMillisForSignaledShutdown=100
