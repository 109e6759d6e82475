"""Pure rules and records: what a scene, a setting, a path and an error mean. No I/O."""
