"""What the developer of an outside consumer is told: the first event in five minutes."""

from services.cli.outside.rights import Outsider

_DOCUMENT = "docs/consumers.md"


def text(outsider: Outsider, url: str, ca_file: str | None) -> str:
    """Address, password and what to run. It holds the password: it is shown once and written nowhere."""
    first = outsider.types[0]
    handler = first.replace(".", "_")
    trust = f"\n  certificate of the authority: {ca_file}" if ca_file else ""
    return f"""\
{outsider.name} may receive {", ".join(outsider.types)} of {outsider.area or "everywhere"}.

  AMQP_URL={url}{trust}
  exchange: {outsider.exchange} (topic; routing key: the event's type)
  queues:   {outsider.source}.… of your own

The password is shown this once. Bind your queues first; what was published before comes by
`doorstep consumer replay {outsider.name} --from …`. What holds for all events: {_DOCUMENT}.

Stock nameko:

  from nameko.events import event_handler

  class Service:
      name = "{outsider.name}"

      @event_handler("{outsider.source}", "{first}")
      def on_{handler}(self, body):
          print(body["event"]["id"], body)

aio-pika:

  connection = await aio_pika.connect_robust(os.environ["AMQP_URL"])
  channel = await connection.channel()
  await channel.set_qos(prefetch_count=50)
  queue = await channel.declare_queue("{outsider.source}.inbox", durable=True, arguments={{"x-queue-type": "quorum"}})
  await queue.bind("{outsider.exchange}", "{first}")
  async with queue.iterator() as messages:
      async for message in messages:
          async with message.process():  # acknowledged when the block ends without an error
              print(message.message_id, message.body)
"""
