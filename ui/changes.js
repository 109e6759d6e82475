// Before and after, field by field, as the worker will write it.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, join } = page.words;
  const { h, Table, PlexLink } = page.parts;
  const { field, listDiff } = page.pure;

  const asList = (value) => (Array.isArray(value) ? value : value ? [value] : []);

  const MARKS = { added: "ins", removed: "del", kept: "span" };

  const Names = ({ names }) =>
    h(
      "ul",
      { className: "list-inline mb-0" },
      names.map(({ name, kind }) =>
        h(
          "li",
          { key: kind + name, className: "list-inline-item" },
          h(MARKS[kind], { className: kind === "kept" ? "text-muted" : "" }, name)
        )
      )
    );

  const plain = (text) => text || h("span", { className: "text-muted" }, say("empty"));

  function cells({ before, after, why }) {
    if (!Array.isArray(before) && !Array.isArray(after)) return [plain(before), plain(after), why];
    const [old, wanted] = [asList(before), asList(after)];
    const diff = listDiff(old, wanted);
    const had = old.map((name) => ({
      name,
      kind: wanted.indexOf(name) < 0 ? "removed" : "kept",
    }));
    return [
      old.length ? h(Names, { names: had }) : plain(""),
      wanted.length
        ? h(Names, { names: diff.filter((entry) => entry.kind !== "removed") })
        : plain(""),
      why,
    ];
  }

  function ItemChanges({ item }) {
    const images = item.images.map((name) => ({
      key: "image-" + name,
      cells: [field(name), "", say("new image"), ""],
    }));
    const rows = item.changes.map((change) => ({
      key: change.field,
      cells: [h("strong", null, field(change.field)), ...cells(change)],
    }));
    return h(
      "section",
      { className: "plexsync-item" },
      h(
        "div",
        { className: "plexsync-line" },
        item.poster && h("img", { src: item.poster, alt: "", className: "plexsync-thumb" }),
        h("span", null, join(item.title, item.library && "(" + item.library + ")")),
        h(PlexLink, { item: item.item })
      ),
      h(Table, {
        label: say("changes of", { title: item.title }),
        heads: [say("head field"), say("head before"), say("head after"), say("head why")],
        rows: rows.concat(images),
        empty: say("no changes"),
      })
    );
  }

  // One scene: its items with their changes, or why it is left out.
  const Changes = ({ sample }) =>
    h(
      "div",
      null,
      sample.reason &&
        h(
          "p",
          null,
          page.words.reason(sample.reason).name,
          ": ",
          sample.sentence || page.words.reason(sample.reason).meaning
        ),
      !sample.reason && sample.sentence && h("p", null, sample.sentence),
      sample.items.map((item) => h(ItemChanges, { key: item.item, item }))
    );

  page.Changes = Changes;
})();
