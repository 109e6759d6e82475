// The state of PlexSync as the page last read it. One poller serves all who watch it: every two
// seconds while something moves, every ten otherwise, every minute for the top bar alone, and not
// at all while the tab is hidden.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  const api = page.api;
  const MOVING = 2000,
    STILL = 10000,
    BADGE = 60000;
  const KEY = "plexsync.badge";
  const NO_BADGE = { n: 0, view: "overview" };

  const listeners = new Set();
  let watchers = 0; // views of the page, which want more than the number
  let timer = 0;
  let asked = 0; // when the last answer came, in milliseconds
  let asking = null;
  let again = false;
  let state = { status: null, jobs: [], ended: null, failure: "", at: 0, badge: remembered() };

  // The number of the top bar, and the view that it leads to.
  const badgeOf = (status) => ({
    n: page.words.needsCount(status),
    view: page.words.needsScenes(status) ? "needs" : "overview",
  });

  // The badge that another page load read less than a minute ago.
  function remembered() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY) || "{}");
      if (!(Math.abs(Date.now() - kept.at) < BADGE)) return NO_BADGE;
      asked = kept.at;
      return { n: Number(kept.n), view: String(kept.view) };
    } catch (error) {
      return NO_BADGE;
    }
  }

  function remember(badge) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ at: Date.now(), ...badge }));
    } catch (error) {
      // Without a store, each page load asks once.
    }
  }

  function pace() {
    if (!watchers) return BADGE;
    return state.status && page.words.isMoving(state.status, state.jobs) ? MOVING : STILL;
  }

  function plan() {
    clearTimeout(timer);
    if (document.hidden || !listeners.size) return;
    timer = setTimeout(ask, Math.max(0, asked + pace() - Date.now()));
  }

  // Ask now. A second request during the first one asks once more after it.
  function ask() {
    if (asking) {
      again = true;
      return asking;
    }
    asking = read().then(() => {
      asking = null;
      asked = Date.now();
      const more = again;
      again = false;
      if (more) return ask();
      plan();
      return undefined;
    });
    return asking;
  }

  async function read() {
    const [status, jobs] = await Promise.all([
      api.status(),
      watchers ? api.jobs() : { value: state.jobs, failure: "" },
    ]);
    const failure = status.failure || jobs.failure;
    const running = jobs.value || state.jobs;
    const ended = await whatEnded(running);
    const next = status.value || state.status;
    const badge = next ? badgeOf(next) : state.badge;
    remember(badge);
    publish({
      status: next,
      jobs: running,
      ended: ended || state.ended,
      failure,
      badge,
      at: status.value ? Date.now() / 1000 : state.at,
    });
  }

  // A task of ours that left Stash's queue since the last look.
  async function whatEnded(running) {
    const gone = state.jobs.find((job) => !running.some((other) => other.id === job.id));
    if (!gone) return null;
    const { value } = await api.findJob(gone.id);
    return { ...gone, status: value ? value.status : "", at: Date.now() / 1000 };
  }

  function publish(next) {
    state = next;
    listeners.forEach((listener) => listener(state));
  }

  // Call `listener` with each new state; `isPage` asks at the page's pace. Returns the end of it.
  function watch(listener, isPage) {
    listeners.add(listener);
    if (isPage) watchers += 1;
    if (isPage && watchers === 1) asked = Math.min(asked, Date.now() - STILL);
    plan();
    return () => {
      listeners.delete(listener);
      if (isPage) watchers -= 1;
      plan();
    };
  }

  document.addEventListener("visibilitychange", plan);

  page.watch = { watch, ask, now: () => state };
})();
