// `npm start`: everything in one process, on a machine that has only Node, npm and git.
import { become, buildWeb, install } from "./bootstrap.mjs";

await install({ dev: false });
await buildWeb();
await become("host/start.ts");
