// Settings: grouped, with their defaults. Only what was changed here is sent to be saved.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, count } = page.words;
  const { h, useAnswer, useAction, Button, Failure, Pending } = page.parts;
  const { bySection, changedValues, shown } = page.pure;
  const { useEffect, useState } = window.PluginApi.React;
  const { Prompt } = window.PluginApi.libraries.ReactRouterDOM;

  const Default = ({ setting }) =>
    setting.type === "secret"
      ? null
      : h(
          "span",
          { className: "text-muted" },
          " " + say("default", { value: shown(setting.default, setting.type) })
        );

  function Setting({ setting, edited, edit, problem }) {
    const id = "plexsync-" + setting.key;
    const isEdited = setting.key in edited;
    const value = isEdited ? edited[setting.key] : setting.value;
    const control = page.fields.control(setting);
    const hasLabel = !["switch", "rules", "secret", "fields"].includes(setting.type);
    const change = (next) => edit({ ...edited, [setting.key]: next });
    const reset = () => {
      const { [setting.key]: dropped, ...rest } = edited;
      edit(rest);
    };
    const said = problem || setting.problem;
    return h(
      "div",
      { className: "setting plexsync-setting" },
      h(
        "div",
        null,
        h(
          "h3",
          null,
          hasLabel ? h("label", { htmlFor: id, className: "mb-0" }, setting.title) : setting.title
        ),
        h(
          "div",
          { className: "sub-heading", id: id + "-about" },
          setting.description,
          h(Default, { setting })
        )
      ),
      h(
        "div",
        { className: "plexsync-control" },
        h(control, { id, setting, value, change, reset, isEdited, described: id + "-about" }),
        said && h("div", { className: "alert alert-danger plexsync-problem", role: "alert" }, said)
      )
    );
  }

  function SaveBar({ changed, settings, action, isBad, save, discard }) {
    const keys = Object.keys(changed);
    const last = !action.value ? "" : isBad ? say("not saved") : keys.length ? "" : say("saved");
    const names = settings.filter(({ key }) => keys.includes(key)).map(({ title }) => title);
    return h(
      "div",
      { className: "plexsync-save bg-dark", role: "region", "aria-label": say("save") },
      h(
        "span",
        { "aria-live": "polite" },
        last && h("strong", null, last, " "),
        keys.length
          ? count(keys.length, "change") + ": " + names.join(", ") + "."
          : say("no unsaved changes")
      ),
      h(
        Button,
        { look: "primary", busy: action.busy, disabled: !keys.length, onClick: save },
        say("save")
      ),
      h(Button, { disabled: !keys.length, onClick: discard }, say("discard"))
    );
  }

  // Leaving with unsaved changes asks first: inside Stash, and when the tab is closed.
  function Guard({ isOn }) {
    useEffect(() => {
      if (!isOn) return undefined;
      const ask = (event) => {
        event.preventDefault();
        event.returnValue = "";
      };
      window.addEventListener("beforeunload", ask);
      return () => window.removeEventListener("beforeunload", ask);
    }, [isOn]);
    return Prompt ? h(Prompt, { when: isOn, message: say("leave unsaved?") }) : null;
  }

  function Form({ value, again }) {
    const [edited, setEdited] = useState({});
    const [isSaved, setSaved] = useState(false);
    const action = useAction();
    const changed = isSaved ? {} : changedValues(value.settings, edited);
    const problems = action.value ? action.value.problems : {};
    const isBad = Object.keys(problems).length > 0;
    // What was saved is shown until the settings are read again.
    useEffect(() => {
      setEdited({});
      setSaved(false);
    }, [value]);
    const save = () =>
      action.run(page.api.save(changed)).then((answer) => {
        if (answer.failure || Object.keys(answer.value.problems).length) return;
        setSaved(true);
        again();
      });
    return h(
      "div",
      null,
      h(Guard, { isOn: Object.keys(changed).length > 0 }),
      bySection(value.settings, value.groups).map(({ name, settings }) =>
        h(
          "section",
          { key: name, className: "setting-section" },
          h("h3", null, name),
          h(
            "div",
            { className: "card" },
            settings.map((setting) =>
              h(Setting, {
                key: setting.key + "-" + setting.value,
                setting,
                edited,
                edit: setEdited,
                problem: problems[setting.key],
              })
            )
          )
        )
      ),
      h(Failure, { text: action.failure }),
      h(SaveBar, {
        changed,
        settings: value.settings,
        action,
        isBad,
        save,
        discard: () => {
          action.forget();
          setEdited({});
        },
      })
    );
  }

  function Settings() {
    const answer = useAnswer(page.api.settings, {});
    return h(
      "div",
      null,
      h("p", null, h(page.SetupLink, { label: say("run setup again") })),
      h(page.Check),
      h(Pending, { answer }),
      answer.value && h(Form, { value: answer.value, again: answer.again })
    );
  }

  page.Settings = Settings;
})();
