#!/usr/bin/env bash
# Give every user of the database or of the broker of the containers a new password, in the server and in the secrets,
# and start anew what uses it. Interrupted anywhere, it is to be run again. Everything is stopped and started meanwhile; nothing is lost.
# Usage: deploy/rotate-password.sh database|broker
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
	printf 'rotate-password: %s\n' "$1" >&2
	exit 1
}
case "${1:-}" in
# The users' are given by `prepare`, which starts again at the end; the database's administrator's must be changed by the
# old one.
database) name=mongodb_password depend=(mongo_url_{admin,accounts,tickets,volunteers,notifications,metrics,prepare,keeper,operator}) ;;
broker) name=rabbitmq_password depend=(rabbitmq_definitions amqp_url amqp_url_{accounts,tickets,volunteers,notifications,metrics}) ;;
*) sed -n '2,5p' "$0" | sed 's/^# //' >&2 && exit 64 ;;
esac
secrets="$(sed -n 's/^DOORSTEP_SECRETS=//p' .env 2>/dev/null | tail -n 1)"
[ -d "$secrets" ] || fail "DOORSTEP_SECRETS in .env names no folder"

umask 077
rm -f "$secrets/.$name.new"
deploy/make-secrets.sh "$secrets" >/dev/null # what an interrupted run left missing
[ -s "$secrets/$name.next" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"$secrets/$name.next"
if [ "$1" = database ]; then
	# The server first, by the old password; the broker takes its own from the secrets at its start.
	./doorstep.sh compose up --detach mongodb
	for attempt in $(seq 20); do
		if ./doorstep.sh compose run --rm -T --no-deps --entrypoint doorstep prepare \
			database change-password --password-file - <"$secrets/$name.next"; then break; fi
		[ "$attempt" -lt 20 ] || fail "the database does not take a new password (see above); nothing has changed"
		sleep 3
	done
fi
for file in "${depend[@]}"; do rm -f "$secrets/$file"; done
cp "$secrets/$name.next" "$secrets/.$name.new"
chmod 444 "$secrets/.$name.new"
mv "$secrets/.$name.new" "$secrets/$name"
deploy/make-secrets.sh "$secrets" >/dev/null
# What is mounted is the old file until a container is made anew.
./doorstep.sh down
./doorstep.sh up
rm -f "$secrets/$name.next"
echo "The $1 has new passwords."
