"""One SQLite file with jobs, dead letters, ledger and Plex file index, and its writers' lock."""
