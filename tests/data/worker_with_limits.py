"""The resident worker with other limits: ``… <plugin dir> <limits as JSON>``."""

import json
import sys

plugin_dir, limits = sys.argv[1:]
sys.path.insert(0, plugin_dir)

from worker.resident import Limits, main

main(plugin_dir, Limits(**json.loads(limits)))
