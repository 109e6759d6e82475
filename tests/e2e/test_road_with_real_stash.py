"""The tests of the road once more, with a real Stash on it."""

import pytest

from tests.e2e.real_road import clip, make_road, road
from tests.e2e.test_road import (
    test_a_disabled_plugin_stops_before_the_next_write,
    test_a_value_taken_away_in_stash_goes_in_plex,
    test_an_edit_during_its_scenes_sync_leads_to_one_more,
    test_an_edit_in_stash_shows_in_plex,
    test_an_edit_that_changes_nothing_writes_nothing,
    test_edits_of_a_busy_worker_become_one_job_with_the_newest_value,
    test_paused_changes_nothing_and_says_so,
    test_sigterm_gives_the_leases_back_and_the_next_edit_goes_on,
    test_the_worker_outlives_stash,
)

__all__ = [
    "clip",
    "make_road",
    "road",
    "test_a_disabled_plugin_stops_before_the_next_write",
    "test_a_value_taken_away_in_stash_goes_in_plex",
    "test_an_edit_during_its_scenes_sync_leads_to_one_more",
    "test_an_edit_in_stash_shows_in_plex",
    "test_an_edit_that_changes_nothing_writes_nothing",
    "test_edits_of_a_busy_worker_become_one_job_with_the_newest_value",
    "test_paused_changes_nothing_and_says_so",
    "test_sigterm_gives_the_leases_back_and_the_next_edit_goes_on",
    "test_the_worker_outlives_stash",
]

pytestmark = pytest.mark.stash
