#!/usr/bin/env bash
# Healthy: the server is the primary, or says that nobody has made it a replica set yet (which `prepare` then does).
# Asks `{hello: 1, $db: "admin"}` in MongoDB's own wire protocol (OP_MSG), which needs no password: neither a shell of
# MongoDB nor Python is in every image that this file serves.
# Usage: healthy.sh [PORT]
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${1:-27017}"
# shellcheck disable=SC2016
body='\x1f\0\0\0\x10hello\0\1\0\0\0\x02$db\0\6\0\0\0admin\0\0'
# Length of all (52), request 1, answer to none, OP_MSG (2013), no flags, a section of kind 0: one document.
printf '%b' '\x34\0\0\0\1\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0'"$body" >&3
length="$(timeout 3 od --address-radix=n --format=u4 --read-bytes=4 <&3 | tr -d ' ')"
answer="$(timeout 3 head --bytes="$((length - 4))" <&3 | tr '\0\1' '.!')"
# In BSON: the name, a zero, and 1 for true.
[[ "$answer" == *'isWritablePrimary.!'* || "$answer" == *'Does not have a valid replica set config'* ]]
