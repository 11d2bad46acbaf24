"""`doorstep replay`: real requests of the past, played through the public HTTP API on the stepped clock.

`rows` reads the file, `places` makes its county, `script` says what happens at which instant, `play` does it,
`verdicts` holds our clocks against the file, `report` gathers what is known of it and `telling` prints it.
"""
