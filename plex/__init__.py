"""Plex: the client, the index, the matcher, the edit plan, images."""
