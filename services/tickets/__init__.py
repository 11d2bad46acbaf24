"""tickets (工单): places, stations, tickets with promised times, and the ladder that lifts the late ones."""
