// Set-up, step 4: both servers' folders side by side, and rules that are counted before they are
// stored.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, count, grouped } = page.words;
  const { h, useAnswer, Button, Busy, Failure, Notice, Table } = page.parts;
  const { useState } = window.PluginApi.React;
  const { withRule, proposals } = page.setup;

  const StashFolders = ({ folders }) =>
    h(Table, {
      label: say("stash folders"),
      compact: true,
      heads: [say("stash folders"), say("head files"), say("head found")],
      empty: "",
      rows: folders
        .filter(({ folder, looked_at: looked }) => folder || looked)
        .map(({ folder, files, found, looked_at: looked }) => ({
          key: folder,
          cells: [
            h("strong", { className: "plexsync-path" }, folder || say("elsewhere")),
            count(files, "file"),
            say("found of", { found: grouped(found), looked: grouped(looked) }),
          ],
        })),
    });

  const PlexFolders = ({ folders }) =>
    h(Table, {
      label: say("plex folders"),
      compact: true,
      heads: [say("plex folders"), say("head library"), say("head files")],
      empty: "",
      rows: folders.map(({ folder, library, files }) => ({
        key: library + folder,
        cells: [
          h("strong", { className: "plexsync-path" }, folder),
          library,
          files === null ? "" : count(files, "file"),
        ],
      })),
    });

  function Proposals({ folders, add }) {
    const list = proposals(folders);
    if (!list.length) return null;
    return h(
      "div",
      null,
      h("h4", null, say("proposals")),
      h(
        "ul",
        { className: "list-unstyled" },
        list.map(({ rule, finds }) =>
          h(
            "li",
            { key: rule, className: "plexsync-line" },
            h("strong", { className: "plexsync-path" }, rule),
            h("span", null, say("finds more", { files: count(finds, "file") })),
            h(Button, { look: "primary", onClick: () => add(rule) }, say("use rule"))
          )
        )
      )
    );
  }

  function Missing({ folders }) {
    const rows = [].concat(...folders.map(({ missing }) => missing));
    if (!rows.length) return null;
    return h(
      "details",
      null,
      h("summary", null, say("examples of missing")),
      h(Table, {
        label: say("examples of missing"),
        compact: true,
        heads: [say("head stash path"), say("head plex path")],
        empty: "",
        rows: rows.map(({ stash, plex }) => ({
          key: stash,
          cells: [
            h("span", { className: "plexsync-path" }, stash),
            h("span", { className: "plexsync-path" }, plex || say("no such file")),
          ],
        })),
      })
    );
  }

  function Survey({ survey, add }) {
    const { folders, found, looked_at: looked } = survey;
    const isAll = looked > 0 && found === looked;
    const isLost = looked > 0 && !found && !proposals(folders).length;
    return h(
      "div",
      null,
      h(Notice, {
        text: isAll ? survey.sentence + " " + say("all found") : survey.sentence,
        level: isAll ? "success" : "info",
      }),
      isLost && h("p", null, say("none found")),
      survey.rule_problems.map((text) => h(Failure, { key: text, text })),
      h(
        "div",
        { className: "plexsync-beside" },
        h(StashFolders, { folders }),
        h(PlexFolders, { folders: survey.plex })
      ),
      h(Proposals, { folders, add }),
      h(Missing, { folders })
    );
  }

  const RULES = { key: "path_map", type: "rules" };

  function StepPaths({ known, reload, next }) {
    const before = known.values.path_map || "";
    const [rules, setRules] = useState(before);
    const [asked, ask] = useState(before);
    const answer = useAnswer(page.api.paths, { rules: asked });
    const control = page.fields.control(RULES);
    const setting = { ...RULES, title: say("rules heading") };
    const again = () => (asked === rules ? answer.again() : ask(rules));
    const add = (rule) => {
      const more = withRule(rules, rule);
      setRules(more);
      ask(more);
    };
    return h(
      "div",
      null,
      h("p", { className: "text-muted" }, say("paths mean")),
      answer.busy && h(Busy, { text: say("counting") }),
      h(Failure, { text: answer.failure, again: answer.again }),
      answer.value && h(Survey, { survey: answer.value, add }),
      h("h4", null, say("rules heading")),
      h(control, { id: "plexsync-setup-rules", setting, value: rules, change: setRules }),
      h(
        "div",
        { className: "plexsync-line" },
        h(Button, { busy: answer.busy, onClick: again }, say("count files")),
        h(page.wizard.SaveButton, { values: { path_map: rules }, reload, next })
      ),
      asked !== rules && h("p", { className: "text-muted" }, say("not counted"))
    );
  }

  page.wizard = { ...page.wizard, StepPaths };
})();
