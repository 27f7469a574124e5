// What every `npm …` command does first. It runs on the Node of the machine, before any package is installed:
// so only built-in modules, and JavaScript that Node 20 reads.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Node 24, which the package `node` brings. */
const NODE = join(ROOT, "node_modules", ".bin", "node");

/** Standard output belongs to the command: what is said on the way to it goes to standard error. */
export const say = (line) => process.stderr.write(`${line}\n`);

/** Says why, and ends. */
export function fail(reason) {
  say(reason);
  process.exit(1);
}

/** Installs the packages when they are missing or not those of package-lock.json.
 * @param {{ dev: boolean }} options whether the packages for tests and checks must be there too */
export async function install({ dev }) {
  if (Number(process.versions.node.split(".")[0]) < 20)
    fail(`Angelia needs Node.js 20 or later to install itself; this is ${process.versions.node}.`);
  if (process.platform === "win32") fail("Angelia runs on Linux and macOS; on Windows use WSL.");
  const difference = installedDiffers(dev);
  if (difference === undefined) return;
  const began = Date.now();
  say(`Installing the packages (${difference}), which takes about a minute …`);
  const { code, output } = await quiet(...npm("ci", "--no-audit", "--no-fund"));
  if (code !== 0) fail(`${withoutAdvice(output)}\nnpm could not install the packages.`);
  if (!existsSync(NODE))
    fail(
      "npm did not run the installation script of the package `node` (is ignore-scripts set?): run `npm rebuild`.",
    );
  say(`Installed in ${seconds(began)} s.`);
}

/** Builds the web UI when its sources are not those of the last build. */
export async function buildWeb() {
  if (!existsSync(join(ROOT, "web", "index.html"))) {
    say("There is no web UI in this copy: web/index.html is missing.");
    return;
  }
  const stamp = join(ROOT, "web", "dist", ".built-from");
  const sources = hashOf(["web/", "src/contract/", "package-lock.json"]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return;
  const began = Date.now();
  say("Building the web UI …");
  const { code, output } = await quiet(...npm("run", "-s", "web:build"));
  if (code !== 0) fail(`${output}\nThe web UI could not be built.`);
  writeFileSync(stamp, sources); // last, so a build that was cut short is made again
  say(`Built in ${seconds(began)} s.`);
}

/** Runs a program of ours under Node 24 in our place: it has our terminal, gets our signals, and its end is ours. */
export async function become(...args) {
  // By the channel the program notices when we are killed.
  const { code, signal } = await run(args, ["inherit", "inherit", "inherit", "ipc"]);
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(code ?? 1);
}

/** Runs a program of ours under Node 24.
 * @returns {Promise<{ code: number | null, signal: string | null }>} how it ended */
export function run(args, stdio) {
  const bin = join(ROOT, "node_modules", ".bin");
  const child = spawn(NODE, args, {
    cwd: ROOT,
    stdio,
    env: {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
      // Keeps compiled code, so that the next start is faster.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(ROOT, "node_modules", ".cache", "compile"),
    },
  });
  return settled(child);
}

/** Ends `child` when we are told to end, or when npm is killed; waits until it has ended. */
function settled(child) {
  const pass = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, pass);
  // npm passes SIGINT and SIGTERM on; when it is killed, all that we see is another parent.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event === undefined || process.ppid === parent) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, 300);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, pass);
      resolve({ code, signal });
    });
  });
}

/** Runs a program and keeps what it prints, which is shown only when it fails. */
async function quiet(program, args) {
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const { code, signal } = await settled(child);
  if (signal !== null) process.exit(128 + (constants.signals[signal] ?? 0));
  return { code, output: output.trim() };
}

/** npm's output without its warnings about engines and its help text. */
function withoutAdvice(output) {
  const lines = output.split("\n").filter((line) => !line.startsWith("npm warn EBADENGINE"));
  const help = lines.findIndex((line) => line.startsWith("npm error Clean install a project"));
  return lines.slice(0, help === -1 ? undefined : help).join("\n");
}

/** The npm that called us, or the one on the path. */
function npm(...args) {
  const script = process.env.npm_execpath;
  return script?.endsWith(".js") ? [process.execPath, [script, ...args]] : ["npm", args];
}

/** Compares what npm installed with what package-lock.json wants. npm writes its list when everything is in place.
 * @returns {string | undefined} what differs first */
function installedDiffers(dev) {
  const wanted = packagesOf(join(ROOT, "package-lock.json"));
  const hidden = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(hidden) || !existsSync(NODE)) return "none are installed yet";
  const there = packagesOf(hidden);
  for (const [path, want] of Object.entries(wanted)) {
    if (path === "") continue;
    const have = there[path];
    if (have === undefined) {
      // Packages for another system are not installed; those for tests are left out by `npm ci --omit=dev`.
      if (want.optional || want.devOptional || (want.dev && !dev)) continue;
      return `${path.replace("node_modules/", "")} is missing`;
    }
    if (have.version !== want.version || have.integrity !== want.integrity)
      return `${path.replace("node_modules/", "")} is not ${want.version}`;
  }
  return undefined;
}

const packagesOf = (lock) => JSON.parse(readFileSync(lock, "utf8")).packages;

/** A digest over the names and contents of files, and of all files in folders. */
function hashOf(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    const full = join(ROOT, path);
    if (!existsSync(full)) return;
    const entries = path.endsWith("/") ? readdirSync(full, { withFileTypes: true }) : [];
    if (!path.endsWith("/")) hash.update(`${path}\0`).update(readFileSync(full)).update("\0");
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === "dist" || entry.name === "node_modules") continue;
      add(`${path}${entry.name}${entry.isDirectory() ? "/" : ""}`);
    }
  };
  for (const path of paths) add(path);
  return hash.digest("hex");
}

const seconds = (began) => ((Date.now() - began) / 1000).toFixed(1);
