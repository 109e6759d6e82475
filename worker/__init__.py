"""The resident worker: the only loop that drains the queue into Plex."""
