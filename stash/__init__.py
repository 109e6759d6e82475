"""Reads from Stash: scenes, settings, image bytes."""
