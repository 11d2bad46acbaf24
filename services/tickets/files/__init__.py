"""Files that operators write or get: what is in them, what is wrong with them, in words."""
