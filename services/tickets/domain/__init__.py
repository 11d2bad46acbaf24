"""The pure heart: clocks, transitions, ladder, numbers, places. Standard library only."""
