#!/usr/bin/env bash
# Healthy: this node is the primary. The first time it is asked it makes itself a replica set of one.
set -euo pipefail
password="$(cat /run/secrets/mongodb_password)"
exec mongosh --quiet --norc --username doorstep --password "$password" --authenticationDatabase admin --eval '
  try { rs.status() } catch (error) {
    if (error.codeName !== "NotYetInitialized") throw error;
    rs.initiate({ _id: "doorstep", members: [{ _id: 0, host: "mongodb:27017" }] });
  }
  quit(db.hello().isWritablePrimary ? 0 : 1);
' >/dev/null
