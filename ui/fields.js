// The controls of single settings. Each gets the setting, its value as edited, and `change`.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, grouped } = page.words;
  const { h, useAction, Button, Failure } = page.parts;
  const { parseList, toggle, isListed, parseRules, joinRules } = page.pure;
  const { useState } = window.PluginApi.React;
  const INPUT = "form-control form-control-sm input-control";

  const Switch = ({ id, setting, value, change, described }) =>
    h(
      "div",
      { className: "custom-control custom-switch" },
      h("input", {
        id,
        type: "checkbox",
        className: "custom-control-input",
        checked: value,
        "aria-label": setting.title,
        "aria-describedby": described,
        onChange: (event) => change(event.target.checked),
      }),
      h("label", { className: "custom-control-label", htmlFor: id }, say(value ? "on" : "off"))
    );

  const Text = ({ id, value, change, described }) =>
    h("input", {
      id,
      className: INPUT,
      value,
      "aria-describedby": described,
      maxLength: 10000,
      onChange: (event) => change(event.target.value),
    });

  // An emptied number is 0, which stands for the default.
  const NumberField = ({ id, setting, value, change, described }) =>
    h("input", {
      id,
      type: "number",
      className: INPUT + " plexsync-number",
      value: String(value),
      min: setting.low === null ? undefined : 0,
      max: setting.high === null ? undefined : setting.high,
      "aria-describedby": described,
      onChange: (event) => change(Number(event.target.value)),
    });

  const Select = ({ id, setting, value, change, described }) =>
    h(
      "select",
      {
        id,
        className: INPUT,
        value,
        "aria-describedby": described,
        onChange: (event) => change(event.target.value),
      },
      [""]
        .concat(setting.choices.filter(Boolean))
        .map((choice) => h("option", { key: choice, value: choice }, choice || say("empty")))
    );

  // A stored secret is never shown: it is replaced, removed or left alone.
  function Secret({ id, setting, value, change, reset, isEdited, described }) {
    const [isOpen, setOpen] = useState(false);
    const isSet = setting.value === "set";
    const cancel = () => {
      setOpen(false);
      reset();
    };
    if (isEdited && value === "") {
      return h(
        "div",
        { className: "plexsync-line" },
        h("span", null, say("secret goes")),
        h(Button, { onClick: cancel }, say("cancel"))
      );
    }
    if (isOpen || isEdited) {
      return h(
        "div",
        { className: "plexsync-line" },
        h("input", {
          id,
          type: "password",
          className: INPUT,
          value: isEdited ? value : "",
          autoFocus: true,
          autoComplete: "new-password",
          "aria-describedby": described,
          onChange: (event) => (event.target.value ? change(event.target.value) : reset()),
        }),
        h(Button, { onClick: cancel }, say("cancel"))
      );
    }
    return h(
      "div",
      { className: "plexsync-line" },
      h("span", { id, tabIndex: -1 }, say(isSet ? "set" : "not set")),
      h(Button, { onClick: () => setOpen(true) }, say(isSet ? "replace" : "enter")),
      isSet && h(Button, { onClick: () => change("") }, say("remove"))
    );
  }

  // Names of a list with checkboxes; those that were typed and are unknown stay visible.
  function Choices({ id, setting, value, change, described }) {
    const known = setting.choices;
    const typed = parseList(value).filter((name) => !isListed(known.join(";"), name));
    const box = (name, hint, at) => {
      const boxId = id + "-" + at;
      return h(
        "div",
        { key: name, className: "custom-control custom-checkbox" },
        h("input", {
          id: boxId,
          type: "checkbox",
          className: "custom-control-input",
          checked: isListed(value, name),
          onChange: (event) => change(toggle(value, name, event.target.checked)),
        }),
        h(
          "label",
          { className: "custom-control-label", htmlFor: boxId },
          name,
          hint && h("span", { className: "text-muted" }, " " + hint)
        )
      );
    };
    return h(
      "div",
      { id, role: "group", "aria-label": setting.title, "aria-describedby": described },
      known.map((name, at) => box(name, "", at)),
      typed.map((name, at) => box(name, say("unknown choice"), known.length + at))
    );
  }

  // A list that has no choices yet: typed, or loaded from Plex.
  function Libraries(props) {
    const action = useAction();
    if (props.setting.choices.length) return h(Choices, props);
    if (action.value && action.value.length) {
      const choices = action.value.map((library) => library.title);
      return h(Choices, { ...props, setting: { ...props.setting, choices } });
    }
    const load = () => action.run(page.api.libraries());
    return h(
      "div",
      null,
      h(Text, props),
      h(Button, { busy: action.busy, onClick: load }, say("load libraries")),
      h(Failure, { text: action.failure })
    );
  }

  // How many files each rule finds, counted when the user asks.
  function RuleCounts({ value }) {
    const action = useAction();
    const survey = action.value;
    return h(
      "div",
      null,
      h(
        Button,
        { busy: action.busy, onClick: () => action.run(page.api.paths({ rules: value })) },
        say("count rules")
      ),
      h(Failure, { text: action.failure }),
      survey &&
        h(
          "div",
          { role: "status", className: "small" },
          survey.sentence,
          h(
            "ul",
            { className: "mb-0" },
            survey.by_rule.map(({ rule, found, looked_at: looked }) =>
              h(
                "li",
                { key: rule },
                h("span", { className: "plexsync-path" }, rule),
                ": ",
                say("found of", { found: grouped(found), looked: grouped(looked) })
              )
            )
          )
        )
    );
  }

  // Path rules as rows. An empty row is kept while it is edited and is not stored.
  function Rules({ id, setting, value, change, described }) {
    const [rows, setRows] = useState(() => parseRules(value));
    const shown = joinRules(rows) === joinRules(parseRules(value)) ? rows : parseRules(value);
    const update = (next) => {
      setRows(next);
      change(joinRules(next));
    };
    const cell = (row, at, side) =>
      h("input", {
        className: INPUT,
        value: row[side],
        "aria-label": say(side + " path", { n: at + 1 }),
        placeholder: say(side + " example"),
        id: at || side !== "stash" ? undefined : id,
        onChange: (event) =>
          update(
            shown.map((other, place) =>
              place === at ? { ...other, [side]: event.target.value } : other
            )
          ),
      });
    return h(
      "div",
      { role: "group", "aria-label": setting.title, "aria-describedby": described },
      shown.map((row, at) =>
        h(
          "div",
          { key: at, className: "plexsync-rule" },
          cell(row, at, "stash"),
          h("span", { "aria-hidden": true }, "⇒"),
          cell(row, at, "plex"),
          h(
            Button,
            {
              "aria-label": say("remove rule", { n: at + 1 }),
              onClick: () => update(shown.filter((_, place) => place !== at)),
            },
            say("remove")
          )
        )
      ),
      h(
        Button,
        { onClick: () => update(shown.concat([{ stash: "", plex: "" }])) },
        say("add rule")
      ),
      // The set-up has a survey of its own.
      setting.group && value && h(RuleCounts, { value })
    );
  }

  const CONTROLS = {
    switch: Switch,
    number: NumberField,
    secret: Secret,
    list: Libraries,
    rules: Rules,
  };

  function control(setting) {
    if (setting.type === "text" && setting.choices.length) return Select;
    return CONTROLS[setting.type] || Text;
  }

  page.fields = { control, controls: CONTROLS, Text };
})();
