"""The nameko services of volunteers: wiring only."""

from services.chassis.relay import Relay
from services.chassis.service import Chassis, Service, StoreProvider
from services.volunteers import api, consumers
from services.volunteers.problems import PROBLEMS
from services.volunteers.storage import MIGRATIONS, Store


class VolunteersApi(api.Volunteers):
    name = "volunteers"
    chassis = Chassis()
    store = StoreProvider(Store)


class VolunteersWorker(consumers.Volunteers):
    name = "volunteers"
    chassis = Chassis()
    store = StoreProvider(Store)
    relay = Relay()


SERVICE = Service(
    name="volunteers", api=VolunteersApi, worker=VolunteersWorker, migrations=MIGRATIONS, problems=PROBLEMS
)
