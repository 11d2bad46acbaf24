"""Stories of tickets."""
