
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const list = at("rules");
  const expand = (open) => (event) => {
    for (const part of document.querySelectorAll("details.rule, details.hit")) {
      if (open) { part.dataset.was = part.open ? "1" : ""; part.open = true; } else if (event) { part.open = part.dataset.was === "1"; }
    }
  };
  addEventListener("beforeprint", expand(true));
  addEventListener("afterprint", expand(false));
  const reveal = () => {
    let target = null;
    try { target = at(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    for (let part = target; part; part = part.parentElement) { if (part.tagName === "DETAILS") { part.open = true; } }
    if (target) { target.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  if (!list) { return; }

  const filter = at("filter");
  const [query, level, host, tactic, sort] = ["q", "level", "host", "tactic", "sort"].map(at);
  const rules = Array.from(list.children).map((element) => ({
    element,
    hits: Array.from(element.querySelectorAll("details.hit")),
    level: Number(element.dataset.level),
    hosts: new Set(element.dataset.hosts.split(" ")),
    tactics: new Set(element.dataset.tactics.split(" ")),
    techniques: new Set(element.dataset.techniques.split(" ")),
    rank: Number(element.dataset.rank),
    count: Number(element.dataset.count),
    first: Number(element.dataset.first),
    title: element.querySelector("h3").textContent,
    text: null,
  }));
  const hitText = new WeakMap();
  const textOf = (hit) => {
    if (!hitText.has(hit)) { hitText.set(hit, hit.textContent.toLowerCase()); }
    return hitText.get(hit);
  };
  let technique = "";

  const apply = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const every = (text) => words.every((word) => text.includes(word));
    let shown = 0;
    let detections = 0;
    for (const rule of rules) {
      let visible = rule.level >= Number(level.value)
        && (!host.value || rule.hosts.has(host.value) || rule.hosts.has("*"))
        && (!tactic.value || rule.tactics.has(tactic.value))
        && (!technique || rule.techniques.has(technique));
      if (visible && words.length) {
        if (rule.text === null) { rule.text = rule.element.textContent.toLowerCase(); }
        visible = every(rule.text);
      }
      // Words that no single record holds stand in the rule's own text: then all its records show.
      const narrow = visible && words.length && rule.hits.some((hit) => every(textOf(hit)));
      for (const hit of rule.hits) {
        hit.hidden = Boolean(host.value && hit.dataset.host !== host.value) || Boolean(narrow && !every(textOf(hit)));
      }
      rule.element.hidden = !visible;
      if (visible) { shown += 1; detections += rule.count; }
    }
    const number = (value) => value.toLocaleString("en-GB");
    const noun = (value, one, many) => number(value) + " " + (value === 1 ? one : many);
    at("shown").textContent = noun(shown, "rule", "rules") + " of " + number(rules.length)
      + (host.value ? "" : ", " + noun(detections, "detection", "detections"))
      + (technique ? ", technique " + technique : "");
    at("empty").hidden = shown > 0;
  };
  const order = () => {
    const by = {
      rank: (a, b) => a.rank - b.rank,
      first: (a, b) => a.first - b.first || a.rank - b.rank,
      count: (a, b) => b.count - a.count || a.rank - b.rank,
      title: (a, b) => a.title.localeCompare(b.title),
    }[sort.value];
    rules.sort(by);
    list.append(...rules.map((rule) => rule.element));
  };
  const clear = () => {
    for (const input of [query, level, host, tactic]) { input.value = input === level ? "0" : ""; }
    technique = "";
    apply();
  };
  let waiting = 0;
  query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 150); });
  for (const input of [level, host, tactic]) { input.addEventListener("change", apply); }
  sort.addEventListener("change", order);
  at("clear").addEventListener("click", clear);
  at("open").addEventListener("click", () => {
    const some = rules.some((rule) => !rule.element.hidden && !rule.element.open);
    for (const rule of rules) { if (!rule.element.hidden) { rule.element.open = some; } }
    at("open").textContent = some ? "Close all" : "Open all";
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.host, a.cell");
    if (!link) { return; }
    event.preventDefault();
    clear();
    if (link.dataset.host) { host.value = link.dataset.host; }
    technique = link.dataset.technique || "";
    apply();
    at("detections").scrollIntoView();
  });
  filter.hidden = false;
  for (const input of [query, level, host, tactic, sort]) { input.value = input.dataset.value || (input === level ? "0" : input === sort ? "rank" : ""); }
  apply();
  if (location.hash) { reveal(); }
})();
