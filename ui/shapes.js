// Pure: each answer of the plugin, parsed once, with a default for every key that is missing.
(function (root) {
  "use strict";
  const page = root.PlexSyncPage;

  const text = (value) => (typeof value === "string" ? value : value == null ? "" : String(value));
  const number = (value) => (Number.isFinite(Number(value)) ? Number(value) : 0);
  const flag = (value) => value === true || value === "true" || value === 1;
  const list = (value, parse) => (Array.isArray(value) ? value.map(parse || text) : []);
  const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const map = (value) => (isMap(value) ? value : {});

  function numbers(value) {
    const result = {};
    Object.keys(map(value)).forEach((key) => (result[key] = number(value[key])));
    return result;
  }

  const result = (raw) => ({
    done: number(raw.done),
    left: number(raw.left),
    problems: number(raw.problems),
  });

  const run = (raw) => ({ task: text(raw.task), at: number(raw.at), ...result(raw) });

  const letterRow = (raw) => ({
    job: number(raw.job),
    scene: number(raw.scene),
    title: text(raw.title),
    reason: text(raw.reason),
    message: text(raw.message),
    attempts: number(raw.attempts),
    at: number(raw.at),
  });

  const active = (raw) => ({
    scene: number(raw.scene),
    title: text(raw.title),
    outcome: text(raw.outcome),
    item: number(raw.item),
    when: number(raw.when),
  });

  const library = (raw) => ({
    key: text(raw.key),
    title: text(raw.title),
    type: text(raw.type),
    chosen: flag(raw.chosen),
  });

  const hold = (raw) => ({
    reason: text(raw.reason),
    sentence: text(raw.sentence),
    since: number(raw.since),
  });

  function status(answer) {
    const raw = map(answer);
    const server = map(raw.server);
    return {
      ...result(raw),
      version: text(raw.version),
      data_dir: text(raw.data_dir),
      worker_alive: flag(raw.worker_alive),
      pending: number(raw.pending),
      delayed: number(raw.delayed),
      in_progress: number(raw.in_progress),
      failed: number(raw.failed),
      outcomes: numbers(raw.outcomes),
      outage: { since: number(map(raw.outage).since), next_try: number(map(raw.outage).next_try) },
      hold: hold(map(raw.hold)),
      blockers: list(raw.blockers, (row) => ({
        sentence: isMap(row) ? text(row.sentence) : text(row),
        todo: text(map(row).todo),
      })),
      problem: text(raw.problem),
      start_problem: text(raw.start_problem),
      waits_for: text(raw.waits_for),
      runs: list(raw.runs, (row) => run(map(row))),
      letters: list(raw.letters, (row) => letterRow(map(row))),
      packages: text(raw.packages),
      setup: list(raw.setup),
      server: {
        name: text(server.name),
        version: text(server.version),
        address: text(server.address),
        machine: text(server.machine),
        source: text(server.source),
      },
      libraries: list(raw.libraries, (row) => library(map(row))),
      paused: text(map(raw.hold).reason) === "paused" || flag(map(raw.settings).paused),
      from_plex: {
        sentence: text(map(raw.from_plex).sentence),
        problem: flag(map(raw.from_plex).problem),
      },
      last_sync: number(raw.last_sync),
      rate: number(raw.rate),
      activity: list(raw.activity, (row) => active(map(row))),
    };
  }

  const candidate = (answer) => {
    const raw = map(answer);
    return {
      item: number(raw.item),
      title: text(raw.title),
      year: text(raw.year),
      library: text(raw.library),
      file: text(raw.file),
      confidence: text(raw.confidence),
      score: number(raw.score),
      evidence: list(raw.evidence),
      poster: image(raw.poster),
    };
  };

  // Only pictures that the plugin itself sent; never an address.
  function image(value) {
    return /^data:image\/(jpeg|png|webp);base64,[A-Za-z0-9+/=]+$/.test(text(value)) ? value : "";
  }

  const sceneRow = (answer) => {
    const raw = map(answer);
    return {
      scene: number(raw.scene),
      title: text(raw.title),
      path: text(raw.path),
      outcome: text(raw.outcome),
      detail: text(raw.detail),
      todo: text(raw.todo),
      since: number(raw.since),
      item: number(raw.item),
      items: list(raw.items, number),
      written: { at: number(map(raw.written).at), fields: list(map(raw.written).fields) },
      candidates: list(raw.candidates, candidate),
    };
  };

  function scenes(answer) {
    const raw = map(answer);
    const next = raw.next === undefined ? null : raw.next;
    return { rows: list(raw.rows, sceneRow), total: number(raw.total), next };
  }

  function letter(answer) {
    const raw = map(answer);
    const { fields, item, candidates, ...evidence } = map(raw.evidence);
    return {
      ...letterRow(raw),
      meaning: text(raw.meaning),
      todo: text(raw.todo),
      error_type: text(raw.error_type),
      enqueued_at: number(raw.enqueued_at),
      failed_at: number(raw.failed_at),
      item: number(raw.item),
      fields: list(raw.fields),
      evidence: Object.keys(evidence).map((key) => [key, plain(evidence[key])]),
      candidates: list(candidates, candidate),
      trace: list(raw.trace).join("\n"),
    };
  }

  function plain(value) {
    if (Array.isArray(value)) return value.map(plain).join(", ");
    return isMap(value) ? JSON.stringify(value) : text(value);
  }

  const value = (raw) => (Array.isArray(raw) ? raw.map(text) : text(raw));

  const change = (answer) => {
    const raw = map(answer);
    return {
      field: text(raw.field),
      before: value(raw.before),
      after: value(raw.after),
      why: text(raw.why),
    };
  };

  const previewItem = (answer) => {
    const raw = map(answer);
    return {
      item: number(raw.item),
      title: text(raw.title),
      library: text(raw.library),
      images: list(raw.images),
      poster: image(raw.poster),
      changes: list(raw.changes, change),
    };
  };

  const sample = (answer) => {
    const raw = map(answer);
    return {
      scene: number(raw.scene),
      title: text(raw.title),
      reason: text(raw.reason),
      sentence: text(raw.sentence),
      items: list(raw.items, previewItem),
      candidates: list(raw.candidates, candidate),
    };
  };

  function previewAll(answer) {
    const raw = map(answer);
    return {
      at: number(raw.at),
      scenes: number(raw.scenes),
      would_write: number(raw.would_write),
      unchanged: number(raw.unchanged),
      images: number(raw.images),
      fields: numbers(raw.fields),
      reasons: numbers(raw.reasons),
      samples: list(raw.samples, sample),
      page: number(raw.page),
      pages: number(raw.pages),
      not_shown: number(raw.not_shown),
    };
  }

  const titles = (answer) => ({
    titles: list(map(answer).titles, (row) => ({
      scene: number(map(row).scene),
      title: text(map(row).title),
      after: text(map(row).after),
    })),
    problem: text(map(answer).problem),
  });

  const choice = (raw) => text(isMap(raw) ? raw.title || raw.value || raw.key : raw);

  const setting = (answer) => {
    const raw = map(answer);
    const type = text(raw.type) || "text";
    const clean = type === "switch" ? flag : type === "number" ? number : text;
    const limit = (bound) => (typeof bound === "number" ? bound : null);
    return {
      key: text(raw.key),
      title: text(raw.title) || text(raw.key),
      description: text(raw.description),
      type,
      group: text(raw.group),
      default: clean(raw.default),
      value: clean(raw.value),
      choices: list(raw.choices, choice),
      low: limit(raw.low),
      high: limit(raw.high),
      problem: text(raw.problem),
    };
  };

  const settings = (answer) => ({
    settings: list(map(answer).settings, setting),
    groups: list(map(answer).groups),
  });

  function saved(answer) {
    const problems = map(map(answer).problems);
    const clean = {};
    Object.keys(problems).forEach((key) => (clean[key] = text(problems[key])));
    return { saved: list(map(answer).saved), problems: clean };
  }

  const verdict = (answer) => ({
    scene: number(map(answer).scene),
    outcome: text(map(answer).outcome),
    sentence: text(map(answer).sentence),
    ignored: number(map(answer).ignored),
    problems: number(map(answer).problems),
  });

  const libraries = (answer) =>
    list(map(answer).libraries, (row) => ({
      ...library(map(row)),
      locations: list(map(row).locations),
      items: number(map(row).items),
    }));

  const finding = (answer) => {
    const raw = map(answer);
    return { level: text(raw.level), what: text(raw.what), todo: text(raw.todo) };
  };

  const check = (answer) => ({ findings: list(map(answer).findings, finding) });

  const undoneField = (answer) => {
    const raw = map(answer);
    return {
      ...change(raw),
      scene: number(raw.scene),
      title: text(raw.title),
      item: number(raw.item),
      lock: typeof raw.lock === "boolean" ? raw.lock : null,
      back: flag(raw.back),
    };
  };

  function undone(answer) {
    const raw = map(answer);
    return {
      preview: flag(raw.preview),
      at: number(raw.at),
      items: number(raw.items),
      back: number(raw.back),
      stays: number(raw.stays),
      sentences: list(raw.sentences),
      rows: list(raw.rows, undoneField),
      page: number(raw.page),
      pages: number(raw.pages),
      not_shown: number(raw.not_shown),
    };
  }

  const log = (answer) => ({ lines: list(map(answer).lines) });

  const support = (answer) => ({ path: text(map(answer).path), bytes: number(map(answer).bytes) });

  const job = (answer) => {
    const raw = map(answer);
    const prefix = "Running plugin task: ";
    const said = text(raw.description);
    return {
      id: text(raw.id),
      task: said.startsWith(prefix) ? said.slice(prefix.length) : "",
      status: text(raw.status),
      added: Date.parse(text(raw.addTime)) / 1000 || 0,
      progress: typeof raw.progress === "number" && raw.progress >= 0 ? raw.progress : null,
    };
  };

  const jobs = (answer) => list(answer, job);

  page.parse = { text, number, flag, list, map };
  page.shapes = {
    status,
    scenes,
    letter,
    preview: sample,
    previewAll,
    titles,
    settings,
    saved,
    verdict,
    libraries,
    check,
    log,
    support,
    undone,
    job,
    jobs,
  };
})(typeof window === "undefined" ? globalThis : window);
