// Set-up, step 2: the account's servers, with their addresses tested from where the plugin runs.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, join } = page.words;
  const { h, useAnswer, useAction, Button, Busy, Failure, Notice } = page.parts;
  const { useState } = window.PluginApi.React;

  const where = ({ local, relay }) => say(relay ? "relay" : local ? "local" : "remote");

  function Address({ address, server, inUse, chosen, choose }) {
    const { uri, ok, why, milliseconds } = address;
    const id = "plexsync-address-" + uri;
    const facts = [where(address), say(address.secure ? "secure" : "not secure")];
    return h(
      "div",
      { className: "custom-control custom-radio plexsync-option" },
      h("input", {
        id,
        type: "radio",
        className: "custom-control-input",
        name: "plexsync-address-" + server.machine,
        disabled: !ok,
        checked: chosen === uri,
        onChange: () => choose(uri),
      }),
      h(
        "label",
        { className: "custom-control-label", htmlFor: id },
        h("span", { className: "plexsync-path" }, uri),
        " ",
        uri === server.best && h("span", { className: "badge badge-success" }, say("best")),
        uri === inUse && h("span", { className: "badge badge-info" }, say("in use")),
        h(
          "div",
          { className: "small" + (ok ? "" : " text-muted") },
          ok ? say("address works", { ms: milliseconds }) : why,
          " (" + facts.join(", ") + ")"
        )
      )
    );
  }

  // An address that plex.tv does not list is tested the same way.
  function OtherAddress({ machine, use, busy }) {
    const [text, setText] = useState("");
    const id = "plexsync-other-" + machine;
    const submit = (event) => {
      event.preventDefault();
      use({ machine, uri: text });
    };
    return h(
      "form",
      { className: "plexsync-line", onSubmit: submit },
      h("label", { htmlFor: id, className: "mb-0" }, say("other address")),
      h("input", {
        id,
        className: "form-control form-control-sm input-control plexsync-short",
        value: text,
        maxLength: 500,
        placeholder: say("address placeholder"),
        onChange: (event) => setText(event.target.value),
      }),
      h(Button, { type: "submit", busy, disabled: !text.trim() }, say("test and use"))
    );
  }

  function Server({ server, isFirst, used, use, busy }) {
    const { name, machine, version, owned, sentence, addresses } = server;
    const [picked, pick] = useState("");
    const inUse = used || server.chosen;
    const chosen = picked || inUse || server.best;
    return h(
      "li",
      { className: "card plexsync-block" },
      h("h4", null, join(name, version && "(Plex " + version + ")")),
      sentence && h("p", { className: "mb-1" }, sentence),
      addresses.map((address) =>
        h(Address, { key: address.uri, address, server, inUse, chosen, choose: pick })
      ),
      owned &&
        chosen &&
        h(
          "div",
          { className: "plexsync-line" },
          h(
            Button,
            {
              look: isFirst && !used ? "primary" : "secondary",
              busy,
              onClick: () => use({ machine, uri: chosen }),
            },
            say("use address")
          )
        ),
      owned && h(OtherAddress, { machine, use, busy })
    );
  }

  function Listed({ used, use, busy }) {
    const answer = useAnswer(page.api.servers, {});
    const { value } = answer;
    const first = value && value.servers.find((server) => server.owned && server.best);
    return h(
      "div",
      null,
      answer.busy && h(Busy, { text: say("testing") }),
      h(Failure, { text: answer.failure, again: answer.again }),
      value && h(Notice, { text: value.sentence, level: "warning" }),
      value &&
        h(
          "ul",
          { className: "list-unstyled" },
          value.servers.map((server) =>
            h(Server, {
              key: server.machine,
              server,
              isFirst: server === first,
              used: used && used.name === server.name ? used.uri : "",
              use,
              busy,
            })
          )
        ),
      value && h(Button, { busy: answer.busy, onClick: answer.again }, say("test again"))
    );
  }

  // The list needs the account's token, which is forgotten once a server was chosen.
  function Servers({ known, used, use, busy }) {
    const [began] = useState(known.account.state === "signed_in");
    const { machine, source } = known.server;
    if (began || known.account.state === "signed_in") return h(Listed, { used, use, busy });
    return h(
      "div",
      null,
      known.account.server && h("p", null, say("server is", { name: known.account.server })),
      source === "signed in" && machine && h(OtherAddress, { machine, use, busy }),
      h("p", null, say("list needs sign in"))
    );
  }

  function StepServer({ known, learn, reload }) {
    const action = useAction();
    const use = (args) =>
      action.run(page.api.useServer(args)).then(({ value, failure }) => {
        if (failure) return;
        learn({ state: "expired", account: "", server: value.name, sentence: "" });
        reload();
      });
    const isTyped = page.setup.namesPlex(known.values);
    const hasAccount = known.account.state === "signed_in" || known.account.server;
    const { sentence } = action.value || {};
    return h(
      "div",
      null,
      h("p", { className: "text-muted" }, say("server means")),
      isTyped && hasAccount && h(page.wizard.TypedWins, { reload }),
      h(Servers, { known, used: action.value, use, busy: action.busy }),
      h(Failure, { text: action.failure }),
      h(Notice, { text: sentence, level: "success", takesFocus: true })
    );
  }

  page.wizard = { ...page.wizard, StepServer };
})();
