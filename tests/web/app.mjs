// An app served by the real binary (FRESHET_BIN), from a copy in a temporary folder, for as long as a test runs.

import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(fileURLToPath(import.meta.url), "../../..");

export function binary() {
  const path = process.env.FRESHET_BIN;
  if (!path) throw new Error("set FRESHET_BIN to the freshet binary");
  return resolve(path);
}

export function run(...words) {
  const done = spawnSync(binary(), words, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`freshet ${words.join(" ")} ended with ${done.status}:\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** Copies `folder` (without its data), seeds `rows` rows if that is not 0, serves. Give `stop()` back when done. */
export async function serve(folder, { rows = 0, more = [] } = {}) {
  const temporary = mkdtempSync(join(tmpdir(), "freshet-web-"));
  const copy = join(temporary, basename(folder));
  cpSync(resolve(root, folder), copy, { recursive: true, filter: (path) => !path.endsWith("/data") });
  if (rows > 0) run("seed", copy, "--rows", String(rows), "--until", "2025-12", "--quiet");
  const child = spawn(binary(), ["serve", copy, "--port", "0", ...more], { stdio: ["ignore", "pipe", "pipe"] });
  const url = await firstUrl(child);
  const stop = () => new Promise((done) => {
    child.once("exit", (code) => {
      rmSync(temporary, { recursive: true, force: true });
      done(code);
    });
    child.kill("SIGTERM");
  });
  return { url, copy, stop };
}

// The server says where it listens once it does. What it says later is read on, so that its pipes never fill up.
function firstUrl(child) {
  return new Promise((found, failed) => {
    let said = "";
    const read = (bytes) => {
      if (said.length < 100_000) said += bytes;
      const match = /https?:\/\/[^\s/"]+/.exec(said);
      if (match) found(match[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => failed(new Error(`the server ended with ${code}:\n${said}`)));
  });
}
