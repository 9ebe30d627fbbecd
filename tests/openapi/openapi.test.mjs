// What /openapi.json says is valid OpenAPI 3.1, and true: every answer is held to its own schema.
// Apps whose data is not here are skipped; FRESHET_TEST_DATA names the folder that has the sample databases.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";

import { Validator } from "../web/node_modules/@seriousme/openapi-schema-validator/index.js";
import Ajv2020 from "../web/node_modules/ajv/dist/2020.js";
import addFormats from "../web/node_modules/ajv-formats/dist/index.js";
import { root, serve } from "../web/app.mjs";

const DATA = process.env.FRESHET_TEST_DATA ?? resolve(root, "../shared/data");

// `samples` are values for parameters by name, where the schema's own example would find nothing.
const APPS = [
  { folder: "apps/household", rows: 3000, samples: { month: "2025-06", from: null, to: null, category: "Groceries", id: "1" } },
  { folder: "tests/web/every_type", samples: { month: "2025-06", word: "hello" } },
  { folder: "examples/retail", samples: {} },
  { folder: "examples/chinook", samples: { id: "1" }, database: ["CHINOOK_DB", "chinook/Chinook_Sqlite.sqlite"] },
  { folder: "examples/sakila", samples: { id: "1" }, database: ["SAKILA_DB", "sakila/sakila.sqlite"] },
];

const operationsOf = (document) => Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })));

function exampleOf(schema) {
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.pattern?.includes("(0[1-9]|1[0-2])")) return "2025-06";
  return { integer: schema.minimum ?? 1, boolean: true, array: [] }[schema.type] ?? { date: "2025-06-15" }[schema.format] ?? "text";
}

// The requests to try: the required parameters alone, then besides them each value of each enum and boolean.
function requestsOf({ path, operation }, samples) {
  const parameters = operation.parameters ?? [];
  const value = (parameter) => samples[parameter.name] ?? exampleOf(parameter.schema);
  const filled = parameters.filter((p) => p.in === "path")
    .reduce((text, p) => text.replace(`{${p.name}}`, encodeURIComponent(value(p))), path);
  const required = parameters.filter((p) => p.in === "query" && p.required).map((p) => [p.name, String(value(p))]);
  const sampled = parameters.filter((p) => p.in === "query" && samples[p.name] && !p.required).map((p) => [p.name, samples[p.name]]);
  const queries = [required, [...required, ...sampled]];
  for (const parameter of parameters.filter((p) => p.in === "query")) {
    const choices = parameter.schema.enum ?? (parameter.schema.type === "boolean" ? ["true", "false"] : []);
    for (const choice of choices) queries.push([...required, ...sampled.filter(([name]) => name !== parameter.name), [parameter.name, choice]]);
  }
  // ?format= is tried by a test of its own: what it asks for is not JSON.
  const targets = queries.filter((query) => !query.some(([name]) => name === "format")).map((query) => filled + (query.length > 0 ? `?${new URLSearchParams(query)}` : ""));
  return [...new Set(targets)];
}

// An answer may not hold what its schema does not name.
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== "object") return schema;
  const out = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  if (out.type === "object" && out.properties && out.additionalProperties === undefined) out.additionalProperties = false;
  return out;
}

function compiler(document) {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats(ajv);
  ajv.addFormat("decimal", /^-?[0-9]+(\.[0-9]+)?$/);
  const components = closed(document.components);
  return (schema) => ajv.compile({ ...closed(schema), components });
}

for (const { folder, rows, samples, database } of APPS) {
  const file = database && join(DATA, database[1]);
  describe(folder, { skip: file && !existsSync(file) ? `no ${file}` : false }, () => {
    let app;
    let document;
    let operations;

    before(async () => {
      if (file) process.env[database[0]] = `sqlite:${file}`;
      app = await serve(folder, { rows });
      document = await (await fetch(`${app.url}/openapi.json`)).json();
      operations = operationsOf(document);
    });
    after(async () => assert.equal(await app?.stop(), 0));

    test("the document is valid OpenAPI 3.1", async () => {
      const result = await new Validator().validate(structuredClone(document));
      assert.deepEqual(result.errors ?? [], []);
      assert.equal(result.valid, true);
      assert.match(document.openapi, /^3\.1\./);
    });

    test("operation ids are unique, path parameters are declared, and every operation has a summary", () => {
      const ids = operations.map(({ operation }) => operation.operationId);
      assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), []);
      for (const { path, operation } of operations) {
        const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
        const declared = (operation.parameters ?? []).filter((p) => p.in === "path").map((p) => p.name).sort();
        assert.deepEqual(declared, named, path);
        assert.ok(operation.summary, `${path} has no summary`);
      }
    });

    test("every schema of the document compiles, defaults fit their own schemas", () => {
      const compile = compiler(document);
      for (const { path, method, operation } of operations) {
        for (const parameter of operation.parameters ?? []) {
          const validate = compile(parameter.schema);
          if (parameter.schema.default === undefined) continue;
          assert.ok(validate(parameter.schema.default), `${method} ${path} ${parameter.name}: ${JSON.stringify(validate.errors)}`);
        }
        const body = operation.requestBody?.content["application/json"].schema;
        if (body) compile(body);
      }
    });

    test("every answer of a GET is as its schema says", async () => {
      const compile = compiler(document);
      const wrong = new Set();
      for (const entry of operations.filter(({ method }) => method === "get")) {
        const validate = compile(entry.operation.responses["200"].content["application/json"].schema);
        for (const target of requestsOf(entry, samples)) {
          const response = await fetch(app.url + target, { headers: { Accept: "application/json" } });
          const text = await response.text();
          assert.ok([200, 404].includes(response.status) && (response.status === 200 || entry.operation.responses["404"]),
                    `${target} answered ${response.status}: ${text.slice(0, 500)}`);
          if (response.status !== 200 || validate(JSON.parse(text))) continue;
          for (const error of validate.errors) wrong.add(`${entry.path} ${error.instancePath.replace(/\/\d+/g, "/*")} ${error.message} ${JSON.stringify(error.params)}`);
        }
      }
      assert.deepEqual([...wrong], []);
    });

    test("?format= is declared where an answer is streamed, and each of its words is answered as its type", async () => {
      const types = { json: "application/json", ndjson: "application/x-ndjson", csv: "text/csv" };
      for (const entry of operations.filter(({ method }) => method === "get")) {
        const format = (entry.operation.parameters ?? []).find((p) => p.in === "query" && p.name === "format");
        assert.equal(Boolean(format), "text/csv" in entry.operation.responses["200"].content, entry.path);
        for (const word of format?.schema.enum ?? []) {
          const [target] = requestsOf(entry, samples);
          const response = await fetch(`${app.url}${target}${target.includes("?") ? "&" : "?"}format=${word}`);
          assert.equal(response.status, 200, target);
          assert.equal(response.headers.get("content-type").split(";")[0], types[word]);
          await response.text();
        }
      }
    });

    test("every refusal is a problem document as the schema says, with the field that is wrong", async () => {
      const validate = compiler(document)(document.components.schemas.Problem);
      for (const { path, method, operation } of operations.filter((entry) => entry.method === "get")) {
        const target = `${requestsOf({ path, operation }, samples)[0].split("?")[0]}?no_such_parameter=1`;
        const response = await fetch(app.url + target, { method });
        assert.equal(response.status, 422, target);
        assert.equal(response.headers.get("content-type"), "application/problem+json");
        const problem = await response.json();
        assert.ok(validate(problem), `${target}: ${JSON.stringify(validate.errors)} ${JSON.stringify(problem)}`);
        assert.ok(problem.errors.some((error) => error.field === "no_such_parameter" && error.code === "unknown"));
      }
    });
  });
}
