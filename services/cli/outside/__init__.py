"""`doorstep consumer`: programs of others that get events over AMQP, each with a broker user of its own."""
