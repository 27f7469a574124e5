// `npm run bench -- delivery`: measurements beside other mail systems; each prints a table of ratios.
import { parseArgs } from "node:util";
import { benchDelivery } from "./delivery.ts";

const USAGE = `npm run bench -- delivery [--messages 3000] [--connections 20] [--mailboxes 3000] [--rounds 3] [--seconds 60] [--only angelia|peer]
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} must be a whole number above 0`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      messages: { type: "string", default: "3000" },
      connections: { type: "string", default: "20" },
      mailboxes: { type: "string", default: "3000" },
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "60" },
      only: { type: "string" },
    },
  });
  const { only } = values;
  if (positionals.join(" ") !== "delivery") throw new Error("there is one measurement: delivery");
  if (only !== undefined && only !== "angelia" && only !== "peer")
    throw new Error("--only takes angelia or peer");
  await benchDelivery(
    {
      messages: whole("messages", values.messages),
      connections: whole("connections", values.connections),
      mailboxes: whole("mailboxes", values.mailboxes),
      rounds: whole("rounds", values.rounds),
      seconds: whole("seconds", values.seconds),
      only,
    },
    say,
  );
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 1;
}
