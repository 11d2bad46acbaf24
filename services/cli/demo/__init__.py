"""`doorstep demo`: a day of a county, played through the public HTTP API on the accelerated clock.

Start at `command` (what happens in which order), then `plan` (which matters come up when), `tales` (how each goes on),
`figures` (what is counted at the end, and where it must agree).
"""
