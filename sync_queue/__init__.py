"""One SQLite file: jobs, dead letters, ledger and Plex file index, and who may write them."""
