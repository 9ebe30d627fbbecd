// The form of one endpoint: the right input for each parameter, and the request that it makes.

import { h, inline } from "./dom.js";
import { bodyObject, choicesOf, defaultWords, exampleObject, itemsOf, kindOf, limitWords, resolve, schemaTree, typeWords } from "./schema.js";

const PLACEHOLDERS = { date: "2025-01-31", month: "2025-01", timestamp: "2025-01-31T08:30:00Z", decimal: "12.50", uuid: "123e4567-e89b-…" };

/** One row a parameter: what it is on the left, its input on the right, what is wrong with it below. */
export class ParameterField {
  constructor(parameter, root, id) {
    this.parameter = parameter;
    this.schema = parameter.schema ?? {};
    this.kind = kindOf(this.schema, root);
    this.id = id;
    this.input = this.makeInput(root);
    this.problem = h("p", { class: "problem", id: `${id}-problem`, hidden: true });
    const notes = [...limitWords(this.schema, root)];
    if (defaultWords(this.schema, root) !== null) notes.push(`default ${defaultWords(this.schema, root)}`);
    this.element = h("div", { class: "field" },
      h("div", { class: "what" },
        h("label", { class: "name", for: this.kind === "list" && this.boxes ? null : id, id: `${id}-label` }, parameter.name),
        h("span", { class: "type" }, typeWords(this.schema, root)),
        parameter.required ? h("span", { class: "required" }, "required") : null,
        parameter.in === "query" ? null : h("span", { class: "faint" }, parameter.in),
        parameter.description ? h("p", { class: "about" }, ...inline(parameter.description)) : null,
        notes.length > 0 ? h("p", { class: "faint about" }, notes.join("; ")) : null),
      h("div", { class: "input" }, this.input, this.problem));
  }

  makeInput(root) {
    const common = { id: this.id, "aria-describedby": `${this.id}-problem`, "aria-required": this.parameter.required ? "true" : null };
    const text = (type, more) => h("input", { ...common, type, autocomplete: "off", spellcheck: "false", ...more });
    switch (this.kind) {
      case "enum": return this.makeSelect(common, choicesOf(this.schema, root));
      case "boolean": return this.makeSelect(common, [true, false]);
      case "date":
      case "month": return text(this.kind, { placeholder: PLACEHOLDERS[this.kind], min: this.schema["x-minimum"], max: this.schema["x-maximum"] });
      case "integer": return text("number", { step: "1", min: this.schema.minimum, max: this.schema.maximum, placeholder: this.schema.default });
      case "decimal": return text("text", { inputmode: "decimal", placeholder: this.schema.default ?? PLACEHOLDERS.decimal });
      case "json": return h("textarea", { ...common, rows: "3", class: "code", spellcheck: "false", placeholder: "JSON" });
      case "list": return this.makeList(common, root, text);
      default: return text("text", { placeholder: this.schema.default ?? PLACEHOLDERS[this.kind] ?? "" });
    }
  }

  makeSelect(common, choices) {
    const fallback = this.schema.default;
    const empty = this.parameter.required ? "choose" : fallback === undefined ? "not sent" : `${fallback} (default)`;
    return h("select", common, h("option", { value: "" }, empty), ...choices.map((choice) => h("option", { value: String(choice) }, String(choice))));
  }

  makeList(common, root, text) {
    const items = itemsOf(this.schema, root);
    if (kindOf(items, root) !== "enum") {
      return text("text", { placeholder: kindOf(items, root) === "text" ? 'one, two, "three, or four"' : "comma-separated" });
    }
    this.boxes = choicesOf(items, root).map((choice) => h("input", { type: "checkbox", value: choice }));
    return h("div", { class: "boxes", role: "group", id: this.id, "aria-labelledby": `${this.id}-label`, "aria-describedby": `${this.id}-problem` },
      ...this.boxes.map((box) => h("label", {}, box, " ", box.value)));
  }

  /** What to send, or null for nothing. */
  get value() {
    if (this.boxes) {
      const chosen = this.boxes.filter((box) => box.checked).map((box) => box.value);
      return chosen.length === 0 ? null : chosen.join(",");
    }
    return this.input.value === "" ? null : this.input.value;
  }

  show(message) {
    this.problem.textContent = message ?? "";
    this.problem.hidden = !message;
    this.element.classList.toggle("wrong", Boolean(message));
    for (const input of this.boxes ?? [this.input]) input.setAttribute("aria-invalid", message ? "true" : "false");
  }

  focus() {
    (this.boxes?.[0] ?? this.input).focus();
  }
}

/** The JSON editor of a body, with the schema beside it. */
export class BodyField {
  constructor(schema, root, id) {
    const object = bodyObject(schema, root);
    this.names = new Set(Object.keys(object.properties ?? {}));
    const bulk = Boolean(resolve(schema, root).schema.oneOf);
    this.input = h("textarea", { id, class: "code", spellcheck: "false", autocomplete: "off", "aria-describedby": `${id}-problem` });
    this.input.value = JSON.stringify(exampleObject(object, root), null, 2);
    this.input.rows = Math.min(18, Math.max(6, this.input.value.split("\n").length + 1));
    this.problem = h("ul", { class: "problem", id: `${id}-problem`, hidden: true });
    this.element = h("div", { class: "body" },
      h("div", { class: "editor" }, h("label", { class: "offscreen", for: id }, "Request body, JSON"), this.input, this.problem),
      h("div", { class: "schema" }, schemaTree(object, root, true),
        bulk ? h("p", { class: "note" }, "One object, or an array of them: all are done or none.") : null));
    this.input.addEventListener("input", () => this.check());
  }

  /** Says at once where the text stops being JSON; sending it anyway is allowed, to see what the server says. */
  check() {
    try {
      if (this.input.value.trim() !== "") JSON.parse(this.input.value);
      this.show([]);
    } catch (error) {
      this.show([`not JSON: ${error.message}`]);
    }
  }

  get value() {
    return this.input.value.trim() === "" ? null : this.input.value;
  }

  show(messages) {
    this.problem.replaceChildren(...messages.map((message) => h("li", {}, message)));
    this.problem.hidden = messages.length === 0;
    this.element.classList.toggle("wrong", messages.length > 0);
    this.input.setAttribute("aria-invalid", messages.length > 0 ? "true" : "false");
  }

  focus() {
    this.input.focus();
  }
}

/** Method, target, headers and body of what the form says now. */
export function makeRequest(operation, fields, body, accept) {
  const query = [];
  const headers = {};
  let path = operation.path;
  for (const field of fields) {
    const { name, in: place } = field.parameter;
    const value = field.value;
    if (place === "path") path = path.replace(`{${name}}`, value === null ? `{${name}}` : encodeURIComponent(value));
    else if (value === null) continue;
    else if (place === "query") query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value).replace(/%2C/g, ",")}`);
    else if (place === "header") headers[name] = value;
  }
  if (accept) headers.Accept = accept;
  const content = body?.value ?? null;
  if (content !== null) headers["Content-Type"] = "application/json";
  return { method: operation.method.toUpperCase(), target: path + (query.length > 0 ? `?${query.join("&")}` : ""), headers, body: content };
}

/** The same request as a line for a shell. */
export function curlLine(request, origin) {
  const quote = (text) => `'${text.replace(/'/g, `'\\''`)}'`;
  const parts = ["curl"];
  if (request.method !== "GET") parts.push("-X", request.method);
  parts.push(quote(origin + request.target));
  for (const [name, value] of Object.entries(request.headers)) parts.push("-H", quote(`${name}: ${value}`));
  if (request.body !== null) parts.push("--data-binary", quote(compact(request.body)));
  return parts.join(" ");
}

// Fewer lines to paste, where that changes no digit.
function compact(text) {
  try {
    const short = JSON.stringify(JSON.parse(text));
    return /\d{16}|\d\.\d/.test(text) ? text : short;
  } catch {
    return text;
  }
}
