"""What runs inside a person's save in Stash. Standard library only."""
