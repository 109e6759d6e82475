"""Servers that behave like Stash and Plex, over real HTTP: for tests, demo, benchmarks."""
