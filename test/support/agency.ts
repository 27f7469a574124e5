import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MailPolicyInput } from "../../src/contract/mail-policy.ts";
import { ImapClient } from "./imap-client.ts";
import type { System } from "./system.ts";

/** Everyone's password in the tests of a started system. */
export const PASSWORD = "correct horse 7";

/** Makes a tenant with one proven domain, `<slug>.test`, and its people, by the operator's command line. */
export async function addAgency(system: System, slug: string, people: readonly string[]): Promise<void> {
  const domain = `${slug}.test`;
  await system.cli("tenant", "create", slug, "--name", `Agency ${slug}`);
  await system.cli("domain", "add", domain, "--tenant", slug, "--proven");
  const dir = mkdtempSync(join(tmpdir(), "angelia-people-"));
  const file = join(dir, "people.csv");
  const lines = people.map((name) => `${name}@${domain},${name},${PASSWORD}\n`);
  writeFileSync(file, `address,name,password\n${lines.join("")}`);
  try {
    await system.cli("user", "import", file, "--tenant", slug);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A web session of one of them: the Cookie field of its requests. */
export async function webSessionOf(system: System, address: string): Promise<string> {
  const signedIn = await fetch(`${system.webUrl}/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address, password: PASSWORD }),
  });
  return signedIn.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}

/** Sets what their agency wants done with incoming mail; who does it becomes its administrator. */
export async function setMailPolicy(system: System, address: string, policy: MailPolicyInput): Promise<void> {
  await system.cli("role", "grant", address, "admin");
  const answer = await fetch(`${system.webUrl}/v1/mail-policy`, {
    method: "PUT",
    headers: { "content-type": "application/json", cookie: await webSessionOf(system, address) },
    body: JSON.stringify(policy),
  });
  if (!answer.ok) throw new Error(`the policy is refused: ${answer.status} ${await answer.text()}`);
}

/** An IMAP session of one of them. */
export function imapOf(system: System, address: string): Promise<ImapClient> {
  return ImapClient.login({ port: system.ports.imap }, address, PASSWORD);
}
