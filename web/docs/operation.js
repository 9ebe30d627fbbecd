// One endpoint: what it is, a form to try it, what it answers.

import { copyButton, h, prose } from "./dom.js";
import { problemOf, send, showAnswer } from "./answer.js";
import { BodyField, ParameterField, curlLine, makeRequest } from "./form.js";
import { resolve, schemaTree, typeWords } from "./schema.js";

const FORMATS = { "application/json": "JSON", "application/x-ndjson": "NDJSON", "text/csv": "CSV" };
const ORDER = ["path", "query", "header"];

export function operationView(operation, root) {
  const { spec } = operation;
  return h("article", { class: "operation" },
    h("h1", {}, h("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()), " ", pathWords(operation.path)),
    spec.deprecated ? h("p", { class: "deprecated" }, "Deprecated: it still answers, but new callers should use another endpoint.") : null,
    spec.summary ? h("p", { class: "lead" }, spec.summary) : null,
    spec.description ? h("div", { class: "prose" }, ...prose(spec.description)) : null,
    new Trial(operation, root).element,
    answersOf(spec, root));
}

/** A path with its {parameters} set apart, able to break after each slash. */
export function pathWords(path) {
  return h("span", { class: "path" }, ...path.split(/(?<=\/)/).flatMap((piece, index) => {
    const named = /^(\{.*\})(\/?)$/.exec(piece);
    const text = named ? [h("span", { class: "slot" }, named[1]), named[2]] : [piece];
    return index === 0 ? text : [h("wbr"), ...text];
  }));
}

class Trial {
  constructor(operation, root) {
    this.operation = operation;
    const parameters = [...(operation.spec.parameters ?? [])].map((p) => resolve(p, root).schema)
      .sort((a, b) => ORDER.indexOf(a.in) - ORDER.indexOf(b.in));
    this.fields = parameters.map((parameter, index) => new ParameterField(parameter, root, `p${index}-${parameter.name}`));
    const body = operation.spec.requestBody?.content?.["application/json"]?.schema;
    this.body = body ? new BodyField(body, root, "body") : null;
    this.format = this.makeFormat();
    this.button = h("button", { type: "submit", class: "send" }, "Send");
    this.curl = h("code", {});
    this.result = h("section", { class: "result", "aria-label": "Answer received", "aria-live": "polite" });
    this.element = this.makeForm();
    this.element.addEventListener("input", () => this.showCurl());
    this.showCurl();
  }

  makeForm() {
    return h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); this.send(); },
                       onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.send(); } } },
      this.fields.length > 0 ? h("section", {}, h("h2", {}, "Parameters"), h("div", { class: "fields" }, ...this.fields.map((f) => f.element))) : null,
      this.body ? h("section", {}, h("h2", {}, "Body"), this.body.element) : null,
      h("section", { class: "try" },
        h("div", { class: "bar" }, this.button, this.format, h("span", { class: "faint hint" }, "Ctrl + Enter")),
        h("div", { class: "curl" }, this.curl, copyButton("Copy the curl line", () => this.curl.textContent))),
      this.result);
  }

  // Streamed answers come in several types; the caller chooses.
  makeFormat() {
    const success = Object.entries(this.operation.spec.responses ?? {}).find(([status]) => status.startsWith("2"));
    const types = Object.keys(success?.[1].content ?? {});
    if (types.length < 2) return null;
    const select = h("select", { id: "format" }, ...types.map((type) => h("option", { value: type }, FORMATS[type] ?? type)));
    return h("label", { class: "format" }, "as ", select);
  }

  get request() {
    return makeRequest(this.operation, this.fields, this.body, this.format?.querySelector("select").value);
  }

  showCurl() {
    this.curl.textContent = curlLine(this.request, location.origin);
  }

  async send() {
    this.abort?.abort();
    const abort = this.abort = new AbortController();
    this.clear();
    if (!this.pathComplete()) return;
    this.element.classList.add("busy");
    try {
      const answer = await send(this.request, abort.signal);
      this.result.replaceChildren(h("h2", {}, "Received"), ...showAnswer(answer).filter(Boolean));
      this.showProblems(problemOf(answer)?.errors ?? []);
    } catch (error) {
      if (!abort.signal.aborted) this.result.replaceChildren(h("p", { class: "problem-document" }, `No answer: ${error.message}`));
    } finally {
      if (this.abort === abort) this.element.classList.remove("busy");
    }
  }

  // Without a value in its path there is no such route, so that the server could not say what is missing.
  pathComplete() {
    const missing = this.fields.filter((field) => field.parameter.in === "path" && field.value === null);
    for (const field of missing) field.show("is required");
    missing[0]?.focus();
    return missing.length === 0;
  }

  clear() {
    for (const field of this.fields) field.show(null);
    this.body?.check();
  }

  // Each mistake at its own input; the first of them gets the focus.
  showProblems(errors) {
    const wrong = [];
    const words = [];
    for (const error of errors) {
      const name = error.field.replace(/\[.*$/, "");
      const field = this.fields.find((f) => f.parameter.in === error.in && (f.parameter.name === name || f.parameter.name === name.replace(/_/g, "-")));
      if (field) {
        field.show(error.message);
        wrong.push(field);
      } else if (error.in === "body" && this.body) {
        words.push(`${error.field} ${error.message}`);
      }
    }
    if (words.length > 0) {
      this.body.show(words);
      wrong.push(this.body);
    }
    wrong[0]?.focus();
  }
}

function answersOf(spec, root) {
  const rows = Object.entries(spec.responses ?? {}).filter(([status]) => status !== "default").map(([status, response]) => {
    const plain = resolve(response, root).schema;
    const content = plain.content ?? {};
    const schema = content["application/json"]?.schema;
    const tree = schema ? schemaTree(schema, root) : null;
    const types = Object.keys(content);
    return h("div", { class: "answer" },
      h("p", {}, h("strong", {}, status), " ", schema ? h("span", { class: "type" }, typeWords(schema, root)) : h("span", {}, plain.description),
        schema && types.length > 1 ? h("span", { class: "faint" }, ` as ${types.map((t) => FORMATS[t] ?? t).join(", ")}`) : null),
      tree);
  });
  return h("section", {}, h("h2", {}, "Answers"), ...rows, problemsOf(spec, root));
}

// What every refusal looks like, folded away.
function problemsOf(spec, root) {
  const content = resolve(spec.responses?.default ?? {}, root).schema.content ?? {};
  const tree = schemaTree(content["application/problem+json"]?.schema ?? {}, root);
  const words = "Whatever else goes wrong is a problem document (RFC 9457) too.";
  if (tree === null) return h("p", { class: "note" }, words);
  return h("details", { class: "problems" }, h("summary", { class: "note" }, words), tree);
}
