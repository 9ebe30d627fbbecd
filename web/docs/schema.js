// Reading JSON Schema as Freshet writes it: what a type is called, what limits it, an example, and a tree to look at.

import { h, inline } from "./dom.js";

const MONTH = "^[0-9]{4}-(0[1-9]|1[0-2])$";

/** The schema behind $ref, and whether null is allowed; anyOf [x, null] is x or null. */
export function resolve(schema, root) {
  let nullable = false;
  for (let steps = 0; steps < 20; ++steps) {
    if (schema.$ref) {
      schema = schema.$ref.slice(2).split("/").reduce((at, key) => at[key.replace(/~1/g, "/").replace(/~0/g, "~")], root);
    } else if (schema.anyOf && schema.anyOf.some((s) => s.type === "null")) {
      nullable = true;
      schema = schema.anyOf.find((s) => s.type !== "null") ?? {};
    } else {
      break;
    }
  }
  const types = [].concat(schema.type ?? []);
  const type = types.find((word) => word !== "null");
  return { schema, type, nullable: nullable || types.includes("null") };
}

/** One word for the kind of value: what decides its input, and what the reader sees. */
export function kindOf(schema, root) {
  const { schema: plain, type } = resolve(schema, root);
  if (type === "array") return "list";
  if (type === "object") return "object";
  if (plain.enum) return "enum";
  if (plain.format === "decimal") return "decimal";
  if (type === "string") {
    if (plain.pattern === MONTH) return "month";
    return { date: "date", "date-time": "timestamp", uuid: "uuid" }[plain.format] ?? "text";
  }
  return { integer: "integer", number: "number", boolean: "boolean" }[type] ?? "json";
}

export function itemsOf(schema, root) {
  return resolve(schema, root).schema.items ?? {};
}

export function typeWords(schema, root) {
  const kind = kindOf(schema, root);
  if (kind !== "list") return kind;
  const items = kindOf(itemsOf(schema, root), root);
  return `list of ${items === "object" ? "objects" : items}`;
}

export function choicesOf(schema, root) {
  return (resolve(schema, root).schema.enum ?? []).filter((choice) => choice !== null);
}

/** What the server holds values to, in words: "1 to 500", "at most 60 characters". */
export function limitWords(schema, root) {
  const { schema: plain, type } = resolve(schema, root);
  const words = [];
  const between = (low, high, unit) => {
    const tail = unit ? ` ${unit}` : "";
    if (low !== undefined && high !== undefined) words.push(`${low} to ${high}${tail}`);
    else if (low !== undefined) words.push(`at least ${low}${tail}`);
    else if (high !== undefined) words.push(`at most ${high}${tail}`);
  };
  between(plain.minimum ?? plain["x-minimum"], plain.maximum ?? plain["x-maximum"], "");
  if (kindOf(plain, root) === "decimal" && plain.multipleOf !== undefined) words.push(decimalsWords(plain.multipleOf));
  between(plain.minLength, plain.maxLength, "characters");
  between(plain.minItems, plain.maxItems, "items");
  if (plain.pattern && kindOf(plain, root) === "text") words.push(`matches ${plain.pattern}`);
  if (type === "array") words.push(...limitWords(plain.items ?? {}, root));
  return words;
}

// 0.01 → "at most 2 decimals".
function decimalsWords(step) {
  const decimals = Math.round(-Math.log10(step));
  return decimals === 0 ? "no decimals" : `at most ${decimals} decimal${decimals === 1 ? "" : "s"}`;
}

// `value`, or the bound that it is beyond. Texts of dates and months compare as what they mean.
function within(value, low, high) {
  if (low !== undefined && value < low) return low;
  return high !== undefined && value > high ? high : value;
}

export function defaultWords(schema, root) {
  const value = resolve(schema, root).schema.default;
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value) || "empty";
}

/** A value that fits: the default, else the first that the limits allow. */
export function exampleOf(schema, root) {
  const { schema: plain } = resolve(schema, root);
  if (plain.default !== undefined) return plain.default;
  const now = new Date().toISOString();
  switch (kindOf(plain, root)) {
    case "enum": return choicesOf(plain, root)[0];
    case "integer": return within(1, plain.minimum, plain.maximum);
    case "number": return 1;
    case "decimal": return String(within(1, plain.minimum, plain.maximum));
    case "boolean": return true;
    case "date": return within(now.slice(0, 10), plain["x-minimum"], plain["x-maximum"]);
    case "month": return within(now.slice(0, 7), plain["x-minimum"], plain["x-maximum"]);
    case "timestamp": return within(now, plain["x-minimum"], plain["x-maximum"]);
    case "uuid": return "123e4567-e89b-12d3-a456-426614174000";
    case "list": return [exampleOf(plain.items ?? {}, root)];
    case "object": return exampleObject(plain, root);
    case "json": return {};
    default: return "text".padEnd(plain.minLength ?? 0, "x").slice(0, plain.maxLength);
  }
}

/** What must be sent and what has a default; of a schema that demands nothing, its first member. */
export function exampleObject(schema, root) {
  const properties = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  let chosen = properties.filter(([name, property]) => required.has(name) || resolve(property, root).schema.default !== undefined);
  if (chosen.length === 0) chosen = properties.slice(0, 1);
  return Object.fromEntries(chosen.map(([name, property]) => [name, exampleOf(property, root)]));
}

/** The object within a body's schema: of a bulk body (oneOf object, array) the object. */
export function bodyObject(schema, root) {
  const plain = resolve(schema, root).schema;
  return plain.oneOf ? resolve(plain.oneOf[0], root).schema : plain;
}

/** A schema as nested lists: name, type, what limits it. Of a body what must be sent is marked, of an answer what may be absent. */
export function schemaTree(schema, root, ofBody = false) {
  const { schema: plain, type } = resolve(schema, root);
  if (type === "array" && kindOf(plain.items ?? {}, root) === "object") return schemaTree(plain.items, root, ofBody);
  if (type !== "object" || !plain.properties) return null;
  const required = new Set(plain.required ?? []);
  return h("ul", { class: "tree" }, ...Object.entries(plain.properties).map(([name, property]) =>
    treeRow(name, property, required.has(name), root, ofBody)));
}

function treeRow(name, property, required, root, ofBody) {
  const { nullable, schema } = resolve(property, root);
  const notes = [...limitWords(property, root)];
  const fallback = defaultWords(property, root);
  if (fallback !== null) notes.push(`default ${fallback}`);
  const choices = choicesOf(property, root);
  const line = [
    h("span", { class: "name" }, name),
    h("span", { class: "type" }, typeWords(property, root), nullable ? h("span", { class: "faint" }, " or null") : null),
    required && ofBody ? h("span", { class: "required" }, "required") : null,
    required || ofBody ? null : h("span", { class: "faint" }, "may be absent"),
    choices.length > 0 ? h("span", { class: "choices" }, choices.join(" | ")) : null,
    notes.length > 0 ? h("span", { class: "faint" }, notes.join("; ")) : null,
    schema.description ? h("span", { class: "faint" }, ...inline(schema.description)) : null,
  ];
  const below = schemaTree(property, root, ofBody);
  if (below === null) return h("li", {}, h("div", { class: "leaf" }, ...line));
  return h("li", {}, h("details", { open: true }, h("summary", {}, ...line), below));
}
