"""What Stash's Tasks page, its operations and the command line can ask for."""
