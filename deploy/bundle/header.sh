#!/bin/sh
# @NAME@: sh @NAME@.run [FOLDER] checks this file and unpacks it into FOLDER/@NAME@ (FOLDER: here). Unpacked
# over an older one of the same name it replaces the program and leaves .env and secrets alone. --check only checks.
set -eu
name=@NAME@ bytes=@BYTES@ sum=@SUM@ lines=@LINES@
fail() {
	echo "$name: $1" >&2
	exit 1
}
case "${1:-}" in -h | --help) sed -n '2,3p' "$0" | sed 's/^# //' && exit 0 ;; esac
payload() { tail -n "+$((lines + 1))" "$0"; }
found="$(payload | wc -c | tr -d ' ')"
[ "$found" -eq "$bytes" ] || fail "this file is cut off or changed: $found of $bytes bytes; copy it again"
[ "$(payload | sha256sum | cut -d' ' -f1)" = "$sum" ] || fail "this file is damaged (its checksum differs); copy it again"
if [ "${1:-}" = --check ]; then echo "$name is whole" && exit 0; fi
folder="${1:-.}"
mkdir -p "$folder"
free="$(df -Pk "$folder" | awk 'NR == 2 {print $4}')"
[ "$free" -gt $((bytes / 1024 + 1024)) ] || fail "$folder has $((free / 1024)) MiB left; unpacking needs $((bytes / 1048576 + 1))"
payload | tar --extract --directory "$folder"
echo "Unpacked into $folder/$name. Next: cd $folder/$name && ./doorstep.sh load"
exit 0
