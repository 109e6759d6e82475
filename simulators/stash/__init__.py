"""A Stash server that can be believed: its GraphQL, its images, its way to run a plugin."""
