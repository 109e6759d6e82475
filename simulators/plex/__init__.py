"""A Plex Media Server that can be believed: stateful, over real HTTP, with faults on request."""
