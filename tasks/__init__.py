"""The modes of Stash's Tasks page, its operations and the command line."""
