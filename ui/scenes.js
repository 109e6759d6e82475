// Scenes: every outcome with its reason, to be filtered and searched.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, reason, shares, grouped } = page.words;
  const { h, useAnswer, Pending, usePages, Table, Badge, SceneLink, PlexLink, Path, Time, to } =
    page.parts;
  const { useEffect, useState } = window.PluginApi.React;
  const { Link, useHistory } = window.PluginApi.libraries.ReactRouterDOM;
  const PER_PAGE = 200;
  const TYPING = 500;

  // The outcomes that exist, and the chosen one even if it has no scene any more.
  function outcomeOptions(status, chosen) {
    const counts = status ? { ...status.outcomes } : {};
    const known = shares(counts).map(({ code, n }) => ({ code, n }));
    const isKnown = !chosen || known.some((share) => share.code === chosen);
    return isKnown ? known : known.concat([{ code: chosen, n: 0 }]);
  }

  function Filter({ status, outcome, search, change }) {
    const [text, setText] = useState(search);
    useEffect(() => {
      if (text === search) return undefined;
      const timer = setTimeout(() => change({ outcome, search: text }), TYPING);
      return () => clearTimeout(timer);
    }, [text, search, outcome]);
    const submit = (event) => {
      event.preventDefault();
      change({ outcome, search: text });
    };
    return h(
      "form",
      { className: "plexsync-line", role: "search", onSubmit: submit },
      h(
        "select",
        {
          className: "form-control form-control-sm input-control plexsync-short",
          "aria-label": say("filter outcome"),
          value: outcome,
          onChange: (event) => change({ outcome: event.target.value, search: text }),
        },
        h("option", { value: "" }, say("all outcomes")),
        outcomeOptions(status, outcome).map(({ code, n }) =>
          h("option", { key: code, value: code }, reason(code).name + " (" + grouped(n) + ")")
        )
      ),
      h("input", {
        type: "search",
        className: "form-control form-control-sm input-control plexsync-short",
        "aria-label": say("search scenes"),
        placeholder: say("search scenes"),
        value: text,
        maxLength: 200,
        onChange: (event) => setText(event.target.value),
      })
    );
  }

  const Why = ({ row }) =>
    row.outcome === "synced"
      ? null
      : h("div", { className: "small" }, row.detail || reason(row.outcome).meaning);

  const cells = (row) => [
    h("div", null, h(SceneLink, row), h(Path, row)),
    h("div", null, h(Badge, { code: row.outcome }), h(Why, { row })),
    h(Time, { at: row.since }),
    h(
      "div",
      { className: "plexsync-line" },
      h(PlexLink, { item: row.item }),
      h(Link, { to: to("preview", { scene: row.scene }) }, say("view preview"))
    ),
  ];

  function List({ outcome, search }) {
    const pages = usePages(PER_PAGE);
    const answer = useAnswer(page.api.scenes, { outcome, search, ...pages.args });
    if (!answer.value) return h(Pending, { answer });
    const { rows } = answer.value;
    const pager = pages.pager(answer.value);
    return h(
      "div",
      { "aria-busy": answer.busy },
      h(Pending, { answer }),
      pager,
      h(Table, {
        label: say("view scenes"),
        compact: true,
        heads: [say("head scene"), say("head outcome"), say("head since"), "Plex"],
        empty: say("no scenes"),
        rows: rows.map((row) => ({ key: row.scene, cells: cells(row) })),
      }),
      rows.length > 20 && pager
    );
  }

  function Scenes({ state, query }) {
    const history = useHistory();
    const outcome = query.get("outcome") || "";
    const search = query.get("search") || "";
    const change = (filter) => history.replace(to("scenes", filter));
    return h(
      "div",
      null,
      h(Filter, { status: state.status, outcome, search, change }),
      h(List, { key: outcome + "\n" + search, outcome, search })
    );
  }

  page.Scenes = Scenes;
})();
