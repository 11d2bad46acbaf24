#!/usr/bin/env bash
# Healthy: the broker listens for AMQP, which it does only after it has started whole, and its Erlang machine answers:
# management serves a page. Starting an Erlang machine for each question would cost more than the broker itself does, and
# a greeting in AMQP without a login would be a warning in its log each time.
# Usage: healthy.sh [AMQP_PORT [MANAGEMENT_PORT]]
set -euo pipefail
exec 4<>"/dev/tcp/127.0.0.1/${1:-5672}"
exec 3<>"/dev/tcp/127.0.0.1/${2:-15672}"
printf 'GET / HTTP/1.0\r\n\r\n' >&3
[[ "$(timeout 5 head --bytes=12 <&3)" == "HTTP/1."?" 200" ]]
