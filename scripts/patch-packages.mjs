// Mends postgres.js 3.4.9, which loses its footing when a connection ends under a running transaction (a failover, a fast shutdown,
// pg_terminate_backend): the next query writes to a socket that is null, outside of any promise, which ends the process; a connection
// that comes back believes that it still has a query, tells it to the next caller as the old error, or waits for ever.
// Runs after every install; fails when the package is not the one that it knows. test/relay/db.test.ts shows that it is needed.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What stands there, and what is to stand there. */
const CHANGES = [
  [
    "  function execute(q) {\n",
    `  function execute(q) {
    if (socket === null) { // mended: see scripts/patch-packages.mjs
      queryError(q, Errors.connection('CONNECTION_CLOSED', options, socket))
      return true
    }
`,
  ],
  [
    "    clearImmediate(nextWriteTimer)\n    socket.removeListener('data', data)\n",
    "    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    socket.removeListener('data', data)\n",
  ],
  ["    !hadError && (query || sent.length) && error(", "    ;(query || sent.length) && error("],
  [
    "    closedTime = performance.now()\n",
    "    query = results = errorResponse = null\n    result = new Result()\n    closedTime = performance.now()\n",
  ],
  // Its failure is that of the connection, which all others hear of; here nobody listened, which ends the process.
  [
    "        return fetchArrayTypes()\n",
    "        return void fetchArrayTypes().catch(() => (needsTypes = options.fetch_types))\n",
  ],
];

for (const build of ["src", "cjs/src", "cf/src"]) {
  const file = fileURLToPath(new URL(`../node_modules/postgres/${build}/connection.js`, import.meta.url));
  let text = readFileSync(file, "utf8");
  for (const [before, after] of CHANGES) {
    if (text.includes(after)) continue;
    if (text.split(before).length !== 2)
      throw new Error(
        `${file} is not what scripts/patch-packages.mjs mends: look whether it is still needed`,
      );
    text = text.replace(before, () => after);
  }
  writeFileSync(file, text);
}
