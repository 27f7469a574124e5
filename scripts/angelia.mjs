// `npm run -s angelia -- <noun> <verb> …`: the operator's command line.
import { become, install } from "./bootstrap.mjs";

await install({ dev: false });
await become("host/cli.ts", ...process.argv.slice(2));
