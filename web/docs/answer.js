// Sending a request and showing what came back.

import { copyButton, formatBytes, h } from "./dom.js";
import { indented, parse, view } from "./json_view.js";

const READ_MAX = 4 * 1024 * 1024;  // what is shown of an endless answer
const TEXT_MAX = 200_000;

/** Sends, and reads at most READ_MAX bytes. Rejects only if no answer came. */
export async function send(request, signal) {
  const started = performance.now();
  const response = await fetch(request.target, { method: request.method, headers: request.headers, body: request.body, cache: "no-store", signal });
  const headMs = performance.now() - started;
  const { text, bytes, complete } = await read(response);
  return { status: response.status, statusText: response.statusText, headers: [...response.headers], text, bytes, complete, headMs,
           totalMs: performance.now() - started, type: (response.headers.get("content-type") ?? "").split(";")[0] };
}

async function read(response) {
  if (!response.body) return { text: "", bytes: 0, complete: true };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), bytes, complete: true };
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
    if (bytes >= READ_MAX) {
      await reader.cancel();
      return { text, bytes, complete: false };
    }
  }
}

/** The problem document of an answer, or null. */
export function problemOf(answer) {
  if (answer.type !== "application/problem+json") return null;
  try {
    return JSON.parse(answer.text);
  } catch {
    return null;
  }
}

export function showAnswer(answer) {
  const problem = problemOf(answer);
  const tone = answer.status < 300 ? "good" : answer.status < 500 ? "warn" : "bad";
  const size = `${formatBytes(answer.bytes)}${answer.complete ? "" : " read, then stopped"}`;
  return [
    h("div", { class: "status-line" },
      h("strong", { class: tone }, `${answer.status} ${answer.statusText}`.trim()),
      h("span", {}, `${answer.totalMs.toFixed(answer.totalMs < 10 ? 1 : 0)} ms`),
      h("span", {}, size),
      h("span", { class: "faint" }, answer.type)),
    problem ? showProblem(problem) : null,
    headersOf(answer),
    answer.text === "" ? h("p", { class: "faint" }, "No content.")
      : problem ? h("details", { class: "raw" }, h("summary", {}, "The whole document"), bodyOf(answer)) : bodyOf(answer),
  ];
}

function showProblem(problem) {
  return h("div", { class: "problem-document" },
    h("p", {}, problem.detail ?? problem.title),
    problem.hint ? h("p", { class: "faint" }, problem.hint) : null,
    problem.errors?.length > 0 ? h("ul", {}, ...problem.errors.map((error) =>
      h("li", {}, h("code", {}, error.field), ` ${error.message} `, h("span", { class: "faint" }, `${error.in}, ${error.code}`)))) : null);
}

function headersOf(answer) {
  return h("details", { class: "headers" }, h("summary", {}, `${answer.headers.length} headers`),
    h("dl", {}, ...answer.headers.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

function bodyOf(answer) {
  if (answer.complete && /[/+]json$/.test(answer.type)) {
    try {
      const node = parse(answer.text);
      return framed(h("div", { class: "json" }, view(node)), () => indented(node));
    } catch {
      // Shown as the text that it is.
    }
  }
  const short = answer.text.slice(0, TEXT_MAX);
  const note = short.length < answer.text.length || !answer.complete
    ? h("p", { class: "faint" }, `The first ${formatBytes(short.length)} are shown.`) : null;
  return h("div", {}, note, framed(h("pre", { tabindex: "0", "aria-label": "Answer" }, short), () => answer.text));
}

function framed(content, text) {
  return h("div", { class: "frame" }, copyButton("Copy the answer", text), content);
}
