"""What builds a release; never shipped."""
