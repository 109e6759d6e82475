"""Servers that behave like Stash and Plex, over real HTTP on loopback: for tests, demo, benchmarks."""
