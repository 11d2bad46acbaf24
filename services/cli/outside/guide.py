"""What the developer of an outside consumer is told: the first event in five minutes."""

from services.cli.outside.rights import Outsider

_DOCUMENT = "docs/consumers.md"


_CA_FILE = "doorstep-ca.crt"
_NAMEKO_TLS = f"""
AMQP_SSL in its configuration: {{"ca_certs": "{_CA_FILE}", "cert_reqs": ssl.CERT_REQUIRED}}
"""


def text(outsider: Outsider, url: str, authority: str | None) -> str:
    """Address, password and what to run. It holds the password: it is shown once and written nowhere.

    `authority` is the certificate of who signed the broker's, in PEM.
    """
    first = outsider.types[0]
    handler = first.replace(".", "_")
    trust = (
        f"\n\nKeep this as {_CA_FILE}; it is who vouches for the broker:\n\n{authority.strip()}" if authority else ""
    )
    nameko_tls = _NAMEKO_TLS if authority else ""
    context = f', ssl_context=ssl.create_default_context(cafile="{_CA_FILE}")' if authority else ""
    return f"""\
{outsider.name} may receive {", ".join(outsider.types)} of {outsider.area or "everywhere"}.

  AMQP_URL={url}
  exchange: {outsider.exchange} (topic; routing key: the event's type)
  queues:   {outsider.source}.… of your own{trust}

The password is shown this once. Bind your queues first; what was published before comes by
`doorstep consumer replay {outsider.name} --from …`. What holds for all events: {_DOCUMENT}.

Stock nameko:

  from nameko.events import event_handler

  class Service:
      name = "{outsider.name}"

      @event_handler("{outsider.source}", "{first}")
      def on_{handler}(self, body):
          print(body["event"]["id"], body)
{nameko_tls}
aio-pika:

  connection = await aio_pika.connect_robust(os.environ["AMQP_URL"]{context})
  channel = await connection.channel()
  await channel.set_qos(prefetch_count=50)
  queue = await channel.declare_queue("{outsider.source}.inbox", durable=True, arguments={{"x-queue-type": "quorum"}})
  await queue.bind("{outsider.exchange}", "{first}")
  async with queue.iterator() as messages:
      async for message in messages:
          async with message.process():  # acknowledged when the block ends without an error
              print(message.message_id, message.body)
"""
