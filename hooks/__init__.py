"""The code that runs inside a user's save in Stash. Standard library only."""
