"""What volunteers knows of the world: pure, without input or output."""
