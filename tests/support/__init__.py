"""What tests share: real parts on free ports, service processes, tokens, a mail sink, polling with a deadline."""
