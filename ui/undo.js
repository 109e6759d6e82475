// Undo: what Plex had before the first sync, for one scene on its tab and for many on Help.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, grouped } = page.words;
  const {
    h,
    useAnswer,
    useAction,
    Button,
    Confirm,
    Failure,
    Notice,
    Pending,
    Pager,
    Table,
    SceneLink,
    Time,
  } = page.parts;
  const { useEffect, useRef, useState } = window.PluginApi.React;
  const { undoTask } = page.texts;
  const HEADS = ["head scene", "head field", "head before", "head after", "head why"];

  const text = (value) => (Array.isArray(value) ? value.join(", ") : value) || say("empty");
  const lockText = (row) =>
    row.lock === null ? "" : say(row.lock ? "field is locked" : "field is unlocked");

  function cells(row) {
    const isSame = text(row.before) === text(row.after);
    return [
      row.scene ? h(SceneLink, row) : row.title || say("item number", row),
      row.field ? page.pure.field(row.field) : "",
      row.field ? text(row.before) : "",
      isSame ? "" : text(row.after),
      [row.why, lockText(row)].filter(Boolean).join(" "),
    ];
  }

  function Result({ result }) {
    return h(
      "div",
      null,
      result.sentences.map((sentence) => h("p", { key: sentence }, sentence)),
      h(Table, {
        label: say(result.preview ? "undo would" : "undo did"),
        heads: HEADS.map((head) => say(head)),
        empty: say("undo nothing"),
        rows: result.rows.map((row, at) => ({
          key: row.item + row.field + at,
          cells: cells(row),
        })),
      }),
      result.not_shown > 0 && h("p", null, say("undo more", { n: grouped(result.not_shown) }))
    );
  }

  // One scene: first what would go back, then a button that does it.
  function UndoScene({ scene, onUndone, onDone }) {
    const answer = useAnswer(page.api.undo, { scene });
    const action = useAction();
    const act = () => action.run(page.api.undo({ scene, preview: false })).then(onUndone);
    const done = action.value;
    if (done) {
      return h(
        "div",
        null,
        h(Notice, { level: "success", text: say("undo done scene"), takesFocus: true }),
        h(Result, { result: done }),
        h(Button, { onClick: onDone }, say("close"))
      );
    }
    return h(
      "div",
      null,
      h(Pending, { answer }),
      answer.value && h(Result, { result: answer.value }),
      answer.value &&
        answer.value.items > 0 &&
        h(Confirm, {
          label: say("undo"),
          question: say("undo scene question"),
          yes: say("undo"),
          look: "danger",
          busy: action.busy,
          onYes: act,
        }),
      h(Failure, { text: action.failure })
    );
  }

  // The last preview or undo of many items, page by page.
  function LastResult({ ended }) {
    const [number, setNumber] = useState(0);
    const answer = useAnswer(page.api.undo, { page: number });
    const first = useRef(ended);
    useEffect(() => {
      if (ended && ended !== first.current && ended.task === undoTask) answer.again();
    }, [ended]);
    const result = answer.value;
    if (!result) return null; // there is none yet
    return h(
      "div",
      null,
      h("h4", null, say(result.preview ? "undo would" : "undo did"), " ", h(Time, result)),
      h(Result, { result }),
      result.pages > 1 &&
        h(Pager, {
          text: say("page of", { page: number + 1, pages: result.pages }),
          back: number > 0 ? () => setNumber(number - 1) : null,
          next: number + 1 < result.pages ? () => setNumber(number + 1) : null,
        })
    );
  }

  // Everything, or what was first written since a day.
  function Leave({ state }) {
    const [day, setDay] = useState("");
    const action = useAction();
    const since = page.pure.dayStart(day);
    const scope = since === null ? { all: true } : { since };
    const run = (preview) => action.run(page.api.runUndo({ ...scope, preview }));
    return h(
      "div",
      null,
      h("h3", null, say("leave")),
      h("p", null, say("leave means")),
      h(
        "div",
        { className: "plexsync-line" },
        h("label", { htmlFor: "plexsync-since", className: "mb-0" }, say("undo since")),
        h("input", {
          id: "plexsync-since",
          type: "date",
          className: "form-control form-control-sm input-control plexsync-short",
          value: day,
          onChange: (event) => setDay(event.target.value),
        }),
        h(Button, { busy: action.busy, onClick: () => run(true) }, say("undo preview")),
        h(Confirm, {
          label: say(since === null ? "undo all" : "undo later"),
          question: say("undo all question"),
          yes: say("undo"),
          look: "danger",
          busy: action.busy,
          onYes: () => run(false),
        })
      ),
      h(Failure, { text: action.failure }),
      h(LastResult, { ended: state.ended })
    );
  }

  page.UndoScene = UndoScene;
  page.Leave = Leave;
})();
