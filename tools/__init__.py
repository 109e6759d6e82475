"""Tools that build a release; never shipped."""
