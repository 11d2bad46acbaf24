"""What residents, staff and volunteers of the small county do and see through the edge."""

from typing import Any

from services.cli.demo.edge import Caller

Document = dict[str, Any]
SPRING, AUTUMN = "/hequ/east/spring/", "/hequ/west/autumn/"


def file(resident: Caller, grid: str) -> Document:
    body = {"kind": "request", "grid_id": grid, "description": "楼道灯不亮了。", "category": "lighting"}
    return resident.post("/api/v1/tickets", body).data


def do(caller: Caller, ticket: Document, deed: str, body: Document | None = None) -> Document:
    return caller.post(f"/api/v1/tickets/{ticket['id']}/{deed}", body or {}).data


def see(caller: Caller, ticket: Document) -> Document:
    return caller.get(f"/api/v1/tickets/{ticket['id']}")


def offer_of(member: Caller, ticket: Document) -> str:
    offers = member.get("/api/v1/offers", limit="100")["items"]
    return next((str(offer["offer_id"]) for offer in offers if offer["ticket_id"] == ticket["id"]), "")


def points(member: Caller) -> int:
    return int(member.get("/api/v1/points/balance")["balance"])


def inbox(caller: Caller) -> list[str]:
    return [entry["template"] for entry in caller.get("/api/v1/inbox", limit="100")["items"]]
