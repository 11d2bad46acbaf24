"""A demonstration begins by throwing the last one away, and nothing else."""

from datetime import timedelta

from pymongo import MongoClient

from services.chassis.clock import BusinessClock, system_now
from services.chassis.directory import SERVICES
from services.cli.demo.fresh_day import DEMO, empty
from services.cli.native.modes import MODES
from services.cli.native.mongo import MongoNode
from services.cli.native.rabbit import RabbitNode


def test_a_fresh_day_empties_the_demonstration_and_leaves_the_live_installation_alone(
    rabbit: RabbitNode, mongo: MongoNode
) -> None:
    live, start = MODES["live"].prefix, system_now() - timedelta(days=1)
    names = [f"{prefix}_{service}" for prefix in (live, DEMO.prefix) for service in (*SERVICES, "shared")]
    with MongoClient[dict[str, object]](mongo.url, tz_aware=True) as client:
        try:
            for name in names:
                client[name]["things"].insert_one({"_id": 1})
            BusinessClock(client[f"{DEMO.prefix}_shared"]["clock"]).step(system_now())

            empty(rabbit, mongo.url, start)

            left = {name for name in names if client[name]["things"].find_one() is not None}
            assert left == {name for name in names if name.startswith(f"{live}_")}
            assert BusinessClock(client[f"{DEMO.prefix}_shared"]["clock"]).now() == start
            assert BusinessClock(client[f"{live}_shared"]["clock"]).now() > start
        finally:
            for name in names:
                client.drop_database(name)
            rabbit.remove_vhost(DEMO.prefix)
