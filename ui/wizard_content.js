// Set-up, steps 3 and 5: the libraries, and what is synced.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, count } = page.words;
  const { CHOICES, canSync, typeName, libraryValue, isOn, stored } = page.setup;
  const { h, useAnswer, useAction, Button, Failure, Path, Pending } = page.parts;
  const { useState } = window.PluginApi.React;

  // Stores settings; a problem of one of them is the failure.
  const store = (values) =>
    page.api.save(values).then((answer) => {
      const problems = answer.failure ? {} : answer.value.problems;
      const [key] = Object.keys(problems);
      return key ? { value: null, failure: problems[key] } : answer;
    });

  // The button that stores the step's values and goes to the next one.
  function SaveButton({ values, disabled, reload, next }) {
    const action = useAction();
    const save = () =>
      action.run(store(values)).then((answer) => {
        if (answer.failure) return;
        reload();
        next();
      });
    return h(
      "span",
      { className: "plexsync-inline" },
      h(
        Button,
        { look: "primary", busy: action.busy, disabled, onClick: save },
        say("save and next")
      ),
      h(Failure, { text: action.failure })
    );
  }

  function Library({ library, ticked, tick }) {
    const { key, title, type, items, locations } = library;
    const id = "plexsync-library-" + key;
    const isAble = canSync(library);
    return h(
      "div",
      { className: "custom-control custom-checkbox plexsync-option" },
      h("input", {
        id,
        type: "checkbox",
        className: "custom-control-input",
        disabled: !isAble,
        checked: isAble && ticked,
        onChange: (event) => tick(event.target.checked),
      }),
      h(
        "label",
        { className: "custom-control-label", htmlFor: id },
        title,
        h(
          "span",
          { className: "text-muted" },
          " (" + typeName(type) + (isAble ? ", " + count(items, "item") : "") + ")"
        ),
        !isAble && h("div", { className: "small text-muted" }, say("cannot sync")),
        locations.map((path) => h(Path, { key: path, path }))
      )
    );
  }

  function Ticks({ libraries, reload, next }) {
    const before = libraries.filter(({ chosen }) => chosen).map(({ title }) => title);
    const [ticked, setTicked] = useState(before);
    const tick = (title) => (on) =>
      setTicked(ticked.filter((name) => name !== title).concat(on ? [title] : []));
    const isNone = !libraries.some((one) => canSync(one) && ticked.includes(one.title));
    return h(
      "div",
      { role: "group", "aria-label": say("step libraries") },
      libraries.map((library) =>
        h(Library, {
          key: library.key,
          library,
          ticked: ticked.includes(library.title),
          tick: tick(library.title),
        })
      ),
      isNone && h("p", { role: "status" }, say("none ticked")),
      h(SaveButton, {
        values: { plex_library: libraryValue(libraries, ticked) },
        disabled: isNone,
        reload,
        next,
      })
    );
  }

  function StepLibraries({ reload, next }) {
    const answer = useAnswer(page.api.libraries, {});
    return h(
      "div",
      null,
      h("p", { className: "text-muted" }, say("libraries mean")),
      h(Pending, { answer }),
      answer.value && h(Ticks, { libraries: answer.value, reload, next })
    );
  }

  function Choice({ choice, on, change }) {
    const id = "plexsync-choice-" + choice.name;
    return h(
      "div",
      { className: "custom-control custom-switch plexsync-option" },
      h("input", {
        id,
        type: "checkbox",
        className: "custom-control-input",
        checked: on,
        onChange: (event) => change(event.target.checked),
      }),
      h(
        "label",
        { className: "custom-control-label", htmlFor: id },
        page.setup.choiceTitle(choice.name),
        h("div", { className: "small text-muted" }, page.setup.choiceMeaning(choice.name))
      )
    );
  }

  function StepChoices({ known, reload, next }) {
    const [edited, edit] = useState({});
    const now = { ...known.values, ...edited };
    return h(
      "div",
      null,
      h("p", { className: "text-muted" }, say("choices mean")),
      CHOICES.map((choice) =>
        h(Choice, {
          key: choice.key,
          choice,
          on: isOn(choice, now),
          change: (on) => edit({ ...edited, [choice.key]: stored(choice, on) }),
        })
      ),
      h(SaveButton, { values: edited, reload, next })
    );
  }

  page.wizard = { ...page.wizard, SaveButton, StepLibraries, StepChoices };
})();
