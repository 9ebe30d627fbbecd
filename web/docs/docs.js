// The page of /docs: reads /openapi.json, lists the endpoints, shows the one that the address names.

import { h, prose } from "./dom.js";
import { operationView, pathWords } from "./operation.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const element = (id) => document.getElementById(id);

/** The operations in reading order, each with what search looks at. */
function readOperations(root) {
  const out = [];
  for (const [path, item] of Object.entries(root.paths ?? {})) {
    for (const method of METHODS) {
      const spec = item[method];
      if (!spec) continue;
      const names = (spec.parameters ?? []).map((parameter) => parameter.name ?? "");
      out.push({ method, path, spec, anchor: `#${method}-${path}`, group: spec.tags?.[0] ?? "other",
                 words: [method, path, spec.summary ?? "", ...names].join(" ").toLowerCase() });
    }
  }
  return out;
}

class Page {
  constructor(root) {
    this.root = root;
    this.operations = readOperations(root);
    this.views = new Map();  // kept, so that what was typed is still there on the way back
    element("title").textContent = root.info.title;
    element("version").textContent = root.info.version;
    this.links = this.fillList();
    addEventListener("hashchange", () => this.show(true));
    element("search").addEventListener("input", () => this.search());
    document.addEventListener("keydown", (event) => this.onKey(event));
    this.search();
    this.show(false);
  }

  fillList() {
    const links = [];
    for (const group of new Set(this.operations.map((operation) => operation.group))) {
      const items = this.operations.filter((operation) => operation.group === group).map((operation) => {
        const link = h("a", { href: operation.anchor, class: "link" },
          h("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()), pathWords(operation.path));
        const row = h("li", {}, link);
        links.push({ operation, link, row });
        return row;
      });
      element("list").append(h("section", { class: "group" }, h("h2", {}, group), h("ul", {}, ...items)));
    }
    return links;
  }

  search() {
    const words = element("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { operation, row } of this.links) {
      row.hidden = !words.every((word) => operation.words.includes(word));
      found += row.hidden ? 0 : 1;
    }
    for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector("li:not([hidden])");
    const all = this.links.length;
    element("count").textContent = words.length === 0 ? `${all} endpoint${all === 1 ? "" : "s"}` : `${found} of ${all}`;
  }

  show(byUser) {
    const wanted = decodeURIComponent(location.hash);
    const operation = this.operations.find((candidate) => candidate.anchor === wanted);
    for (const { operation: other, link } of this.links) {
      if (other === operation) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.body.classList.toggle("detail", Boolean(operation));
    document.body.classList.add("ready");
    document.title = operation ? `${operation.method.toUpperCase()} ${operation.path} · ${this.root.info.title}` : this.root.info.title;
    element("main").replaceChildren(operation ? this.viewOf(operation) : this.overview(wanted));
    document.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    if (!byUser) return;
    scrollTo(0, 0);
    element("main").focus({ preventScroll: true });
  }

  viewOf(operation) {
    if (!this.views.has(operation)) {
      this.views.set(operation, h("div", {}, h("a", { class: "back", href: "#" }, "\u2190 All endpoints"), operationView(operation, this.root)));
    }
    return this.views.get(operation);
  }

  overview(wanted) {
    const groups = [...new Set(this.operations.map((operation) => operation.group))];
    return h("article", { class: "overview" },
      h("h1", {}, this.root.info.title),
      wanted.length > 1 ? h("p", { class: "deprecated" }, "There is no endpoint ", h("code", {}, wanted.slice(1).replace("-", " ")), " any more.") : null,
      this.root.info.description ? h("div", { class: "prose" }, ...prose(this.root.info.description)) : null,
      this.operations.length === 0 ? h("p", {}, "This app has no endpoints yet: put a .sql file into its folder endpoints/.") : null,
      ...groups.map((group) => h("section", {}, h("h2", {}, group), h("ul", { class: "index" },
        ...this.operations.filter((operation) => operation.group === group).map((operation) => h("li", {},
          h("a", { href: operation.anchor }, h("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()), pathWords(operation.path)),
          h("span", { class: "summary" }, operation.spec.summary ?? "")))))));
  }

  onKey(event) {
    const search = element("search");
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      document.body.classList.remove("detail");  // a narrow screen shows the list or the endpoint
      search.focus();
      search.select();
    } else if (event.target === search && event.key === "Escape") {
      search.value === "" ? search.blur() : (search.value = "", this.search());
    } else if (event.target === search && event.key === "Enter") {
      this.visible()[0]?.click();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest?.(".side")) {
      this.move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    }
  }

  visible() {
    return this.links.filter(({ row }) => !row.hidden).map(({ link }) => link);
  }

  // Up from the first endpoint is the search field.
  move(step) {
    const links = this.visible();
    const next = links.indexOf(document.activeElement) + step;
    if (next < 0) element("search").focus();
    else links[Math.min(next, links.length - 1)]?.focus();
  }
}

async function start() {
  try {
    const response = await fetch("/openapi.json");
    if (!response.ok) throw new Error(`/openapi.json answered ${response.status}`);
    new Page(await response.json());
  } catch (error) {
    element("loading").textContent = `The endpoints cannot be shown: ${error.message}`;
  }
}

start();
