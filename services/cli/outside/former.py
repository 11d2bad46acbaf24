"""Where outside consumers were before they had a virtual host of their own: among Doorstep's exchanges and queues."""

from services.cli.management import Management
from services.cli.outside.rights import Outsider


def remove_former(management: Management, outsider: Outsider) -> dict[str, int]:
    """Take away user, exchanges and queues of before. Returns the queues with how many messages were in them: what was
    not read comes by `doorstep consumer replay`."""
    user = f"outside.{outsider.name}"
    if not management.has_exchange(outsider.exchange, "topic") and not management.admits(user):
        return {}
    management.delete_user(user)
    management.close_connections(user)
    queues = {
        row["name"]: int(row.get("messages", 0))
        for row in management.queues()
        if outsider.owns(row["name"]) and row["name"] != outsider.buffer
    }
    for name in queues:
        management.delete_queue(name)
    for exchange in (f"outside.{outsider.name}.area", outsider.exchange):
        management.delete_exchange(exchange)
    return queues
