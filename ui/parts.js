// Components and hooks that several views share. Without PluginApi, as in servers before 0.24,
// there are none, and the files after this one do nothing.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  const { say, grouped, reason, clock } = page.words;
  const PluginApi = window.PluginApi;
  if (!PluginApi || !PluginApi.libraries || !PluginApi.libraries.ReactRouterDOM) return;
  const React = PluginApi.React;
  const { Link } = PluginApi.libraries.ReactRouterDOM;
  const h = React.createElement;
  const { useEffect, useRef, useState } = React;
  const HOME = "/plugins/plexsync";

  // Hooks.

  // The shared state of PlexSync; a view of the page asks at the page's pace.
  function useStatus(isPage) {
    const [state, setState] = useState(page.watch.now);
    useEffect(() => page.watch.watch(setState, isPage), [isPage]);
    return state;
  }

  // The Plex server's name for links; a row is drawn again only when it changes.
  function useMachine() {
    const machineOf = ({ status }) => (status ? status.server.machine : "");
    const [machine, setMachine] = useState(machineOf(page.watch.now()));
    useEffect(() => page.watch.watch((state) => setMachine(machineOf(state)), false), []);
    return machine;
  }

  // An answer that is loaded when `args` change; null = do not ask. `again` asks once more.
  function useAnswer(ask, args) {
    const key = JSON.stringify(args);
    const [state, setState] = useState({ key: "", value: null, failure: "", busy: false });
    const [turn, setTurn] = useState(0);
    useEffect(() => {
      let live = args !== null;
      if (!live) return undefined;
      setState((old) => ({ ...old, busy: true }));
      ask(args).then((answer) => {
        if (!live) return;
        setState((old) => ({
          key,
          value: answer.failure && old.key === key ? old.value : answer.value,
          failure: answer.failure,
          busy: false,
        }));
      });
      return () => {
        live = false;
      };
    }, [key, turn]);
    return { ...state, again: () => setTurn((old) => old + 1) };
  }

  // An action of a button: `run` starts it and resolves to its answer.
  function useAction() {
    const idle = { busy: false, value: null, failure: "" };
    const [state, setState] = useState(idle);
    const live = useRef(true);
    useEffect(
      () => () => {
        live.current = false;
      },
      []
    );
    const run = (promise) => {
      setState({ ...idle, busy: true });
      return promise.then((answer) => {
        if (live.current) setState({ ...answer, busy: false });
        page.watch.ask();
        return answer;
      });
    };
    return { ...state, run, forget: () => setState(idle) };
  }

  // Small parts.

  function Button(props) {
    const { look, busy, disabled, ...rest } = props;
    const className = "btn btn-sm btn-" + (look || "secondary");
    return h("button", { type: "button", ...rest, className, disabled: busy || disabled });
  }

  // A failed operation, where its result would be.
  function Failure({ text, again }) {
    if (!text) return null;
    return h(
      "div",
      { className: "alert alert-danger plexsync-line", role: "alert" },
      h("span", null, text),
      again && h(Button, { onClick: again }, say("try again"))
    );
  }

  const Busy = ({ text }) =>
    h(
      "p",
      { className: "text-muted", role: "status" },
      h("span", { className: "spinner-border spinner-border-sm mr-2", "aria-hidden": true }),
      text || say("loading")
    );

  // The state of an answer that has no value yet, and its failure.
  const Pending = ({ answer }) =>
    h(
      React.Fragment,
      null,
      h(Failure, { text: answer.failure, again: answer.again }),
      answer.busy && !answer.value && h(Busy)
    );

  // `takesFocus`: the notice replaces the button that was just pressed.
  function Notice({ text, level, takesFocus }) {
    const box = useRef(null);
    useEffect(() => {
      if (takesFocus && box.current) box.current.focus({ preventScroll: true });
    }, [text]);
    const className = "alert alert-" + (level || "info");
    return text ? h("div", { className, role: "status", ref: box, tabIndex: -1 }, text) : null;
  }

  // A button that asks before it acts, in place. The focus moves to the question and back.
  function Confirm({ label, question, yes, onYes, look, busy }) {
    const [step, setStep] = useState("");
    const act = () => {
      setStep("answered");
      onYes();
    };
    if (step !== "asked") {
      const autoFocus = step === "answered";
      return h(Button, { look, busy, autoFocus, onClick: () => setStep("asked") }, label);
    }
    return h(
      "span",
      { className: "plexsync-line", role: "group", "aria-label": question },
      h("strong", null, question),
      h(Button, { look: "danger", onClick: act }, yes),
      h(Button, { autoFocus: true, onClick: () => setStep("answered") }, say("cancel"))
    );
  }

  const Badge = ({ code }) =>
    h("span", { className: "badge badge-" + reason(code).level }, reason(code).name);

  // Outcomes with their counts: a bar for the eye, and a list of links for everybody.
  function CountedBar({ shares, linkTo }) {
    const entry = ({ code, n }) => [
      h(Badge, { code, key: "badge" }),
      h("span", { className: "ml-1", key: "n" }, grouped(n)),
    ];
    return h(
      "div",
      null,
      h(
        "div",
        { className: "progress plexsync-bar", "aria-hidden": true },
        shares.map(({ code, n, percent }) =>
          h(
            "div",
            {
              key: code,
              className: "progress-bar bg-" + reason(code).level,
              style: { width: percent + "%" },
              title: reason(code).name + ": " + grouped(n),
            },
            linkTo && h(Link, { to: linkTo(code), tabIndex: -1, className: "stretched-link" })
          )
        )
      ),
      h(
        "ul",
        { className: "list-inline plexsync-counts" },
        shares.map((share) =>
          h(
            "li",
            { key: share.code, className: "list-inline-item" },
            linkTo ? h(Link, { to: linkTo(share.code) }, entry(share)) : entry(share)
          )
        )
      )
    );
  }

  // Rows below headings. At a narrow width a row becomes a block: each cell beside its heading, or,
  // `compact`, the first cell above the others.
  function Table({ label, heads, rows, empty, compact }) {
    if (!rows.length) return h("p", { className: "text-muted" }, empty);
    const look = compact ? " plexsync-compact" : " plexsync-stacked";
    return h(
      "table",
      { className: "table table-striped plexsync-table" + look, "aria-label": label },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          heads.map((head) => h("th", { key: head, scope: "col" }, head))
        )
      ),
      h(
        "tbody",
        null,
        rows.map(({ key, cells }) =>
          h(
            "tr",
            { key },
            cells.map((cell, at) => h("td", { key: heads[at], "data-head": heads[at] }, cell))
          )
        )
      )
    );
  }

  const rangeText = (from, shown, total) =>
    say("range", { from: grouped(from + 1), to: grouped(from + shown), total: grouped(total) });

  // `back` and `next` are functions, or null where there is no such page.
  const Pager = ({ text, back, next }) =>
    h(
      "nav",
      { className: "plexsync-line", "aria-label": say("pages") },
      h(Button, { disabled: !back, onClick: back }, say("back")),
      h("span", { "aria-live": "polite" }, text),
      h(Button, { disabled: !next, onClick: next }, say("next"))
    );

  // The pages of a list that names only what follows: the marks of those before are kept.
  function usePages(size) {
    const [marks, setMarks] = useState([null]);
    const turn = (list) => () => {
      setMarks(list);
      window.scrollTo(0, 0);
    };
    const pager = ({ rows, total, next }) =>
      rows.length > 0 &&
      h(Pager, {
        text: rangeText(size * (marks.length - 1), rows.length, total),
        back: marks.length > 1 ? turn(marks.slice(0, -1)) : null,
        next: next === null ? null : turn(marks.concat([next])),
      });
    const after = marks[marks.length - 1];
    return { args: after === null ? { limit: size } : { limit: size, after }, pager };
  }

  // Links.

  // The address of a view; empty parts of it are left out.
  function to(view, more) {
    const query = new URLSearchParams({ view });
    Object.keys(more || {}).forEach((key) => more[key] && query.set(key, more[key]));
    return HOME + "?" + query.toString();
  }

  const SceneLink = ({ scene, title }) =>
    h(Link, { to: "/scenes/" + scene }, title || say("scene number", { scene }));

  function PlexLink({ item, label }) {
    const href = page.pure.plexLink(useMachine(), item);
    const text = label || say("open in plex");
    if (!item) return null;
    if (!href) return h("span", { className: "text-muted" }, say("item number", { item }));
    return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
  }

  const Cover = ({ scene }) =>
    h("img", {
      className: "plexsync-cover",
      src: page.api.cover(scene),
      alt: "",
      loading: "lazy",
    });

  const Path = ({ path }) =>
    path ? h("div", { className: "small text-muted plexsync-path" }, path) : null;

  const Time = ({ at }) => {
    const now = Date.now() / 1000;
    if (!at) return say("never");
    return h(
      "time",
      { dateTime: new Date(at * 1000).toISOString(), title: page.words.ago(at, now) },
      clock(at, now)
    );
  };

  page.parts = {
    HOME,
    h,
    useStatus,
    useAnswer,
    useAction,
    Button,
    Failure,
    Busy,
    Pending,
    Notice,
    Confirm,
    Badge,
    CountedBar,
    Table,
    Pager,
    usePages,
    to,
    SceneLink,
    PlexLink,
    Cover,
    Path,
    Time,
  };
})();
