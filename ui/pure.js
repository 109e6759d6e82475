// Pure functions about lists, path rules, settings, scenes and fields. Node tests load this file
// after texts.js and words.js.
(function (root) {
  "use strict";
  const page = root.PlexSyncPage;
  const texts = page.texts;
  const say = page.words.say;

  // Lists and path rules as the settings store them.

  const parseList = (text) =>
    String(text)
      .split(";")
      .map((name) => name.trim())
      .filter(Boolean);

  const joinList = (names) =>
    names
      .map((name) => name.trim())
      .filter(Boolean)
      .join("; ");

  const same = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();

  function toggle(text, name, on) {
    const others = parseList(text).filter((other) => !same(other, name));
    return joinList(on ? others.concat([name]) : others);
  }

  const isListed = (text, name) => parseList(text).some((other) => same(other, name));

  function parseRules(text) {
    return String(text)
      .split(/[;\n]/)
      .filter((rule) => rule.trim())
      .map((rule) => {
        const arrow = rule.indexOf("=>");
        const cut = arrow < 0 ? rule.length : arrow;
        return { stash: rule.slice(0, cut).trim(), plex: rule.slice(cut + 2).trim() };
      });
  }

  const joinRules = (rules) =>
    rules
      .map((rule) => ({ stash: rule.stash.trim(), plex: rule.plex.trim() }))
      .filter((rule) => rule.stash || rule.plex)
      .map((rule) => rule.stash + " => " + rule.plex)
      .join("; ");

  // Settings.

  // The values that differ from the stored ones; a secret is changed when it was touched at all.
  function changedValues(settings, edited) {
    const changed = {};
    settings.forEach((setting) => {
      if (!(setting.key in edited)) return;
      const value = edited[setting.key];
      if (setting.type === "secret" || value !== setting.value) changed[setting.key] = value;
    });
    return changed;
  }

  function bySection(settings, groups) {
    const names = groups.concat(settings.map((setting) => setting.group));
    return names
      .filter((name, at) => names.indexOf(name) === at)
      .map((name) => ({ name, settings: settings.filter((setting) => setting.group === name) }))
      .filter((section) => section.settings.length);
  }

  // Stash's own block: the usual settings in order, unknown ones after them, risky ones last.
  function sortSettings(settings) {
    const place = (key) => {
      const risk = texts.riskySettings.indexOf(key);
      if (risk >= 0) return 2000 + risk;
      const at = texts.settingOrder.indexOf(key);
      return at < 0 ? 1000 : at;
    };
    return settings
      .map((setting, at) => ({ setting, at, place: place(setting.name) }))
      .sort((a, b) => a.place - b.place || a.at - b.at)
      .map((entry) => entry.setting);
  }

  function shown(value, type) {
    if (type === "switch") return say(value ? "on" : "off");
    return value === "" || value === null || value === undefined ? say("empty") : String(value);
  }

  // The beginning of a day such as 2026-11-22, in epoch seconds; null for none.
  function dayStart(day) {
    const at = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(day + "T00:00").getTime() : NaN;
    return Number.isFinite(at) ? Math.max(0, Math.floor(at / 1000)) : null;
  }

  // Scenes, items and fields.

  function sceneNumber(text) {
    const found = /^\s*(\d{1,9})\s*$|\/scenes\/(\d{1,9})(?:\D|$)/.exec(String(text));
    return found ? Number(found[1] || found[2]) : 0;
  }

  // A number, or an address of Plex Web such as …details?key=%2Flibrary%2Fmetadata%2F123.
  function itemNumber(text) {
    const found = /^\s*(\d{1,9})\s*$|metadata(?:%2F|\/)(\d{1,9})(?:\D|$)/i.exec(String(text));
    return found ? Number(found[1] || found[2]) : 0;
  }

  const plexLink = (machine, item) =>
    machine && item
      ? "https://app.plex.tv/desktop/#!/server/" +
        encodeURIComponent(machine) +
        "/details?key=%2Flibrary%2Fmetadata%2F" +
        encodeURIComponent(item)
      : "";

  const field = (name) =>
    texts.fields[name] || name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, " ");

  // The names of a list that stay, go and come, in the order of the result; gone ones last.
  function listDiff(before, after) {
    return after
      .map((name) => ({ name, kind: before.indexOf(name) < 0 ? "added" : "kept" }))
      .concat(
        before.filter((name) => after.indexOf(name) < 0).map((name) => ({ name, kind: "removed" }))
      );
  }

  page.pure = {
    parseList,
    joinList,
    toggle,
    isListed,
    parseRules,
    joinRules,
    changedValues,
    bySection,
    sortSettings,
    shown,
    dayStart,
    sceneNumber,
    itemNumber,
    plexLink,
    field,
    listDiff,
  };
})(typeof window === "undefined" ? globalThis : window);
