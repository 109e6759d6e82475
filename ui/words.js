// Words for numbers, times, outcomes and the state of things. Pure: node tests load it after
// texts.js.
(function (root) {
  "use strict";
  const page = root.PlexSyncPage;
  const texts = page.texts;
  const MINUTE = 60,
    HOUR = 3600,
    DAY = 86400;
  // The outcomes of the table, in its order.
  const KNOWN = Object.keys(texts.reasons);
  const ABOUT_NONE = [texts.tasks.check, texts.tasks.status];

  const fill = (text, values) =>
    text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

  const say = (key, values) => fill(page.sentences[key], values || {});

  const grouped = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");

  const count = (n, name) => fill(texts.counts[name][n === 1 ? 0 : 1], { n: grouped(n) });

  // A unit begins at exactly one of it, and then at two: "119 seconds", "1 minute", "2 minutes".
  function span(seconds) {
    const s = Math.max(0, Math.round(seconds));
    if (s < 2 * MINUTE && s !== MINUTE) return count(s, "second");
    if (s < 2 * HOUR && s !== HOUR) return count(Math.round(s / MINUTE), "minute");
    if (s < 2 * DAY && s !== DAY) return count(Math.round(s / HOUR), "hour");
    return count(Math.round(s / DAY), "day");
  }

  function ago(at, now) {
    if (!at) return say("never");
    return now - at < 5 ? say("just now") : say("ago", { span: span(now - at) });
  }

  const two = (n) => (n < 10 ? "0" : "") + n;

  const day = (date) =>
    date.getFullYear() + "-" + two(date.getMonth() + 1) + "-" + two(date.getDate());

  // The time of day, with the date unless it is today.
  function clock(at, now) {
    if (!at) return say("never");
    const date = new Date(at * 1000);
    const time = two(date.getHours()) + ":" + two(date.getMinutes());
    return day(date) === day(new Date(now * 1000)) ? time : day(date) + " " + time;
  }

  function bytes(n) {
    if (n < 1000) return grouped(n) + " B";
    return n < 1e6 ? grouped(n / 1e3) + " kB" : (n / 1e6).toFixed(1) + " MB";
  }

  const sentence = (text) => (!text || /[.!?…]$/.test(text) ? text : text + ".");

  const join = (...parts) => parts.filter(Boolean).join(" ");

  // Outcomes.

  const reason = (code) =>
    texts.reasons[code] || {
      name: code || say("unknown"),
      level: "secondary",
      meaning: "",
      todo: "",
    };

  const rank = (code) => (KNOWN.indexOf(code) < 0 ? KNOWN.length : KNOWN.indexOf(code));

  // The outcomes with a count, in the table's order, with their share of the bar in percent.
  function shares(outcomes) {
    const codes = Object.keys(outcomes).filter((code) => outcomes[code] > 0);
    const total = codes.reduce((sum, code) => sum + outcomes[code], 0);
    return codes
      .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .map((code) => ({ code, n: outcomes[code], percent: (100 * outcomes[code]) / total }));
  }

  // The groups of "Needs you": outcomes that only the user can end, then the dead letters.
  function needs(status) {
    const rows = shares(status.outcomes)
      .filter((share) => reason(share.code).needs)
      .map((share) => ({ code: share.code, n: share.n }));
    return status.failed ? rows.concat([{ code: "letters", n: status.failed }]) : rows;
  }

  const needsScenes = (status) => needs(status).reduce((sum, row) => sum + row.n, 0);

  const isBroken = (status) =>
    Boolean(status.problem || status.start_problem || status.setup.length);

  // The number beside the icon: what only the user can end. An outage ends by itself.
  const needsCount = (status) => needsScenes(status) + (isBroken(status) ? 1 : 0);

  const isMoving = (status, jobs) =>
    jobs.length > 0 ||
    status.in_progress > 0 ||
    (status.pending > status.delayed && status.worker_alive && !status.hold.reason);

  // The status line. `text` is steady enough to be read aloud; `detail` changes all the time.

  function broken(status) {
    const problem = status.problem || status.start_problem;
    if (problem) return { level: "danger", text: sentence(problem), detail: "" };
    if (status.packages === "fetching") {
      return { level: "info", text: say("packages fetching"), detail: "" };
    }
    if (status.packages === "failed") {
      return { level: "danger", text: say("packages failed"), detail: "" };
    }
    return null;
  }

  // Why edits wait, the user's own pause first; null = they do not.
  function waiting(status, now) {
    const edits = status.pending ? count(status.pending, "edit_waits") + "." : "";
    const code = status.hold.reason || status.waits_for;
    if (status.paused || code === "paused") return paused(status.hold, edits, now);
    if (status.outage.since || code === "waiting_for_plex")
      return outage(status.outage, edits, now);
    if (status.setup.length || code === "setup") return incomplete(status, edits);
    return code ? held(status.hold, code, edits) : null;
  }

  function incomplete(status, edits) {
    const why = sentence(status.setup[0] || status.hold.sentence);
    return { level: "warning", text: join(say("setup incomplete"), why, edits), detail: "" };
  }

  function paused(hold, edits, now) {
    const since = hold.reason === "paused" && hold.since;
    const text = since ? say("paused since", { time: clock(since, now) }) : say("paused");
    return { level: "warning", text: join(text, edits), detail: "" };
  }

  function outage(away, edits, now) {
    const { since, next_try } = away;
    const text = since ? say("plex away since", { time: clock(since, now) }) : say("plex away");
    const detail = next_try > now ? say("next try", { span: span(next_try - now) }) : "";
    return { level: "danger", text: join(text, edits), detail };
  }

  const held = (hold, code, edits) => ({
    level: "warning",
    text: join(sentence(hold.sentence || reason(code).meaning), edits),
    detail: "",
  });

  function working(status) {
    const left = status.pending + status.in_progress;
    const text = say("syncing", { scenes: count(left, "scene") });
    if (status.rate < 1) return { level: "info", text, detail: "" };
    const speed = say("rate", { scenes: count(status.rate, "scene") });
    const rest = say("time left", { span: span((left / status.rate) * MINUTE) });
    return { level: "info", text, detail: join(speed, rest) };
  }

  function inStep(status, now) {
    const synced = status.outcomes.synced || 0;
    const open = needsScenes(status);
    const more = open ? count(open, "scene_needs") + "." : "";
    const level = open ? "warning" : "success";
    if (!synced && !status.last_sync) {
      return { level: open ? level : "info", text: join(say("nothing synced"), more), detail: "" };
    }
    const last = status.last_sync ? say("last sync", { ago: ago(status.last_sync, now) }) : "";
    const text = join(say("in step", { scenes: count(synced, "scene") }), more);
    return { level, text, detail: last };
  }

  function headline(status, now) {
    const wait = broken(status) || waiting(status, now);
    if (wait) return wait;
    const moves = status.pending + status.in_progress > status.delayed;
    return moves ? working(status) : inStep(status, now);
  }

  // The result of a run; a check or a report is about no scenes.
  const runText = (run) =>
    [
      ABOUT_NONE.includes(run.task) ? "" : say("run done", { scenes: count(run.done, "scene") }),
      run.left ? say("run left", { n: grouped(run.left) }) : "",
      run.problems ? count(run.problems, "problem") : say("no problems"),
    ]
      .filter(Boolean)
      .join(", ");

  page.words = {
    fill,
    say,
    grouped,
    count,
    span,
    ago,
    clock,
    bytes,
    sentence,
    join,
    reason,
    shares,
    needs,
    needsScenes,
    needsCount,
    isMoving,
    headline,
    runText,
  };
})(typeof window === "undefined" ? globalThis : window);
