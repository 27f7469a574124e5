import type { Role } from "../../../src/contract/session.ts";
import type { Person, TestEdge } from "./test-edge.ts";

/** An answer of `/v1`, for looking into. */
export interface Answer {
  readonly status: number;
  readonly body: any; // oxlint-disable-line no-explicit-any -- JSON of every shape is looked into
}

/** Somebody with a role. */
export async function withRole(
  edge: TestEdge,
  domain: string,
  role: Role,
  domains: readonly string[] | null = null,
): Promise<Person> {
  const person = await edge.person(domain, { name: `The ${role}` });
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(
    tenantId,
    (tx) => tx`insert into role_grants (tenant_id, account_id, role, domains)
      values (${tenantId}, ${accountId}, ${role}, ${domains === null ? null : [...domains]}::text[])`,
  );
  return person;
}

/** A request with a JSON body, as somebody. */
export async function ask(person: Person, method: string, path: string, value?: unknown): Promise<Answer> {
  const res = await person.fetch(path, {
    method,
    ...(value === undefined
      ? {}
      : { body: JSON.stringify(value), headers: { "content-type": "application/json" } }),
  });
  const text = await res.text();
  return { status: res.status, body: text === "" ? null : JSON.parse(text) };
}

/** How often somebody did something, in the audit log. */
export function audited(edge: TestEdge, person: Person, action: string): Promise<number> {
  const { tenantId } = person.principal;
  return edge.runtime.store.db.tenant(tenantId, async (tx) => {
    const rows = await tx`
      select 1 from audit_log where tenant_id = ${tenantId} and action = ${action} and actor = ${person.address}`;
    return rows.length;
  });
}
