// Choosing a scene's item: candidates side by side, with their evidence. Nothing is ever chosen
// by itself.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, join } = page.words;
  const { h, useAnswer, useAction, Button, Failure, Pending, Notice, PlexLink, Path } = page.parts;
  const { useState } = window.PluginApi.React;

  // The reasons for which another item may be chosen.
  const CHOOSABLE = ["ambiguous", "item_taken"];

  const confidence = (name) => ({ high: say("likely"), low: say("uncertain") }[name] || name);

  function Candidate({ candidate, action, pin }) {
    const { item, title, year, library, file, evidence, poster } = candidate;
    const name = join(title || say("item number", { item }), year && "(" + year + ")");
    return h(
      "li",
      { className: "card plexsync-candidate" },
      h(
        "div",
        { className: "card-body" },
        poster && h("img", { src: poster, alt: "", className: "plexsync-poster" }),
        h("h5", null, name),
        h(
          "div",
          { className: "small" },
          join(library, candidate.confidence && "· " + confidence(candidate.confidence))
        ),
        h(Path, { path: file }),
        evidence.length > 0 &&
          h(
            "ul",
            { className: "small plexsync-evidence" },
            evidence.map((text) => h("li", { key: text }, text))
          ),
        h(
          "div",
          { className: "plexsync-line" },
          h(
            Button,
            {
              look: "primary",
              busy: action.busy,
              onClick: () => pin(item),
              "aria-label": say("use item", { name }),
            },
            say("use this one")
          ),
          h(PlexLink, { item })
        )
      )
    );
  }

  // How an operation on one scene ended.
  function Verdict({ verdict }) {
    const { outcome, problems, sentence } = verdict;
    if (outcome === "filtered" && !problems)
      return h(Notice, { text: say("ignored"), level: "success", takesFocus: true });
    return h(Notice, {
      text: sentence || say("done"),
      level: problems ? "warning" : "success",
      takesFocus: true,
    });
  }

  // For an item that no candidate names: its number, or its address in Plex Web.
  function OtherItem({ scene, action, pin }) {
    const [text, setText] = useState("");
    const item = page.pure.itemNumber(text);
    const id = "plexsync-item-" + scene;
    const submit = (event) => {
      event.preventDefault();
      if (item) pin(item);
    };
    return h(
      "form",
      { className: "plexsync-line", onSubmit: submit },
      h("label", { htmlFor: id, className: "mb-0" }, say("other item")),
      h("input", {
        id,
        className: "form-control form-control-sm input-control plexsync-short",
        value: text,
        placeholder: say("item placeholder"),
        onChange: (event) => setText(event.target.value),
      }),
      h(Button, { type: "submit", busy: action.busy, disabled: !item }, say("use this one"))
    );
  }

  function Choose({ scene, candidates, onDone }) {
    const action = useAction();
    const pin = (item) =>
      action.run(page.api.pin({ scene, item })).then((done) => {
        if (!done.failure && onDone) onDone(done.value);
      });
    return h(
      "div",
      { className: "plexsync-choose" },
      candidates.length > 0 &&
        h(
          "ul",
          { className: "plexsync-candidates" },
          candidates.map((candidate) =>
            h(Candidate, { key: candidate.item, candidate, action, pin })
          )
        ),
      !candidates.length && h("p", { className: "text-muted" }, say("no candidates")),
      h(OtherItem, { scene, action, pin }),
      h(Failure, { text: action.failure }),
      action.value && h(Verdict, { verdict: action.value })
    );
  }

  // The preview has posters and fresh evidence; until then, the candidates that were stored.
  function ChooseFresh({ scene, stored, onDone }) {
    const answer = useAnswer(page.api.previewScene, { scene });
    const fresh = answer.value ? answer.value.candidates : [];
    const candidates = fresh.length ? fresh : stored;
    return h(
      "div",
      null,
      h(Pending, { answer }),
      (answer.value || candidates.length > 0) && h(Choose, { scene, candidates, onDone })
    );
  }

  page.CHOOSABLE = CHOOSABLE;
  page.Verdict = Verdict;
  page.Choose = Choose;
  page.ChooseFresh = ChooseFresh;
})();
