// JSON shown as it was sent: numbers keep every digit, long parts fold, and only what is open is built.

import { h } from "./dom.js";

const ITEMS_SHOWN = 100;
const LEVELS_OPEN = 2;    // the outermost levels start open
const LINES_OPEN = 400;   // below them, only in answers shorter than this
const PREVIEW_MAX = 90;   // characters of a folded part

/** Parses into nodes; throws SyntaxError. JSON.parse would turn 12.50 into 12.5 and round long integers. */
export function parse(text) {
  JSON.parse(text);  // the browser's own check: from here on the text is known to be valid
  let at = 0;
  const blank = () => { while (" \t\n\r".includes(text[at]) && at < text.length) ++at; };
  const scalar = /"(?:[^"\\]|\\.)*"|[^\s,\]}]+/gy;
  const raw = () => {
    scalar.lastIndex = at;
    const [found] = scalar.exec(text);
    at += found.length;
    return found;
  };
  const items = (close, item) => {
    const out = [];
    for (++at, blank(); text[at] !== close; blank()) {
      if (text[at] === ",") { ++at; blank(); }
      out.push(item());
    }
    ++at;
    return out;
  };
  const value = () => {
    blank();
    if (text[at] === "[") return sized({ kind: "array", items: items("]", value) });
    if (text[at] === "{") {
      return sized({ kind: "object", items: items("}", () => {
        const key = raw();
        blank();
        ++at;
        return { ...value(), key };
      }) });
    }
    const token = raw();
    return { kind: token[0] === '"' ? "string" : /^[tfn]/.test(token) ? "word" : "number", token, lines: 1 };
  };
  return value();
}

function sized(node) {
  node.lines = node.items.reduce((sum, item) => sum + item.lines, node.items.length === 0 ? 1 : 2);
  return node;
}

/** The same text, indented, digits untouched. */
export function indented(node, depth = 0) {
  const key = node.key ? `${node.key}: ` : "";
  if (!node.items) return key + node.token;
  const [open, close] = brackets(node);
  if (node.items.length === 0) return key + open + close;
  const inner = "  ".repeat(depth + 1);
  const lines = node.items.map((item) => inner + indented(item, depth + 1));
  return `${key}${open}\n${lines.join(",\n")}\n${"  ".repeat(depth)}${close}`;
}

function brackets(node) {
  return node.kind === "array" ? ["[", "]"] : ["{", "}"];
}

/** What a folded part holds, as far as it fits on its line. */
function preview(node) {
  let text = "";
  for (const item of node.items) {
    const next = (item.key ? `${item.key}: ` : "") + (item.items ? brackets(item).join(item.items.length > 0 ? "\u2026" : "") : item.token);
    if (text.length + next.length > PREVIEW_MAX) return `${text}\u2026`;
    text += (text === "" ? "" : ", ") + next;
  }
  return text;
}

/** `whole` is the answer's length in lines. */
export function view(node, whole = node.lines, depth = 0, last = true) {
  const comma = last ? "" : ",";
  const key = node.key ? [h("span", { class: "k" }, node.key), ": "] : [];
  if (!node.items) return h("div", { class: "row" }, ...key, h("span", { class: node.kind }, node.token), comma);
  const [open, close] = brackets(node);
  if (node.items.length === 0) return h("div", { class: "row" }, ...key, open + close + comma);
  const count = node.kind === "array" ? `${node.items.length} item${node.items.length === 1 ? "" : "s"}` : preview(node);
  const isOpen = depth < LEVELS_OPEN || whole <= LINES_OPEN;
  const details = h("details", { open: isOpen },
    h("summary", {}, ...key, open, h("span", { class: "fold" }, ` ${count} `, close + comma)));
  const build = () => {
    if (details.childElementCount > 1) return;
    const body = h("div", { class: "inside" });
    append(body, node, 0, whole, depth);
    details.append(body, h("div", { class: "row" }, close + comma));
  };
  if (isOpen) build();
  else details.addEventListener("toggle", build);
  return details;
}

function append(body, node, from, whole, depth) {
  const end = Math.min(from + ITEMS_SHOWN, node.items.length);
  for (let i = from; i < end; ++i) body.append(view(node.items[i], whole, depth + 1, i + 1 === node.items.length));
  if (end === node.items.length) return;
  const left = node.items.length - end;
  const more = h("button", { type: "button", class: "quiet more", onclick: () => {
    more.remove();
    append(body, node, end, whole, depth);
  } }, `${Math.min(left, ITEMS_SHOWN)} more of ${left}`);
  body.append(more);
}
