import { z } from "zod";
import {
  ConnectionTest,
  Migration,
  MIGRATION_PIECE_BYTES,
  MigrationFile,
  MigrationList,
  MigrationMailbox,
  MigrationMailboxList,
  type MigrationMailboxState,
  type NewMigration,
  type TestConnection,
} from "../../../src/contract/migrations.ts";
import { getJson, postJson, request, Unreachable } from "../../app/http.ts";
import { adminQuery } from "../admin/admin-data.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const PATH = "/v1/migrations";
const pathOf = (id: string): string => `${PATH}/${inPath(id)}`;

export const migrationsQuery = pagedQuery(PATH, { limit: 20 }, MigrationList);
export const migrationQuery = (id: string) => adminQuery(pathOf(id), Migration);
export const mailboxesQuery = (id: string, state: MigrationMailboxState | undefined) =>
  pagedQuery(`${pathOf(id)}/mailboxes`, { limit: 50, state }, MigrationMailboxList);
export const filesQuery = (id: string) =>
  adminQuery(`${pathOf(id)}/files`, z.object({ files: z.array(MigrationFile) }));

export async function testConnection(wanted: z.input<typeof TestConnection>): Promise<ConnectionTest> {
  return postJson(`${PATH}/test-connection`, wanted, ConnectionTest);
}

export async function addMigration(wanted: z.input<typeof NewMigration>): Promise<Migration> {
  return change("POST", PATH, wanted, Migration);
}

export type Step = "start" | "pause" | "resume" | "cancel" | "finish" | "delta";

export async function stepMigration(id: string, step: Step): Promise<Migration> {
  return change("POST", `${pathOf(id)}/${step}`, {}, Migration);
}

export async function removeMigration(id: string): Promise<void> {
  await order("DELETE", pathOf(id));
}

export async function retryMailbox(
  id: string,
  mailbox: string,
  password?: string,
): Promise<MigrationMailbox> {
  const body = password === undefined ? {} : { password };
  return change("POST", `${pathOf(id)}/mailboxes/${inPath(mailbox)}/retry`, body, MigrationMailbox);
}

export async function addFile(id: string, file: File, address: string): Promise<MigrationFile> {
  return postJson(`${pathOf(id)}/files`, { name: file.name, size: file.size, address }, MigrationFile);
}

const PATIENCE = 8;
const pause = async (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Sends a file in pieces, and goes on where it was when the connection breaks off.
 * @param onProgress is told the octets that have arrived @throws {HttpProblem} @throws {Unreachable} after some attempts */
export async function uploadFile(
  id: string,
  file: File,
  from: MigrationFile,
  onProgress: (received: number) => void,
): Promise<void> {
  const path = `${pathOf(id)}/files/${inPath(from.id)}`;
  let { received } = from;
  let failures = 0;
  onProgress(received);
  while (received < file.size) {
    try {
      const response = await request(path, {
        method: "PATCH",
        headers: { "content-type": "application/octet-stream", "upload-offset": String(received) },
        body: file.slice(received, received + MIGRATION_PIECE_BYTES),
      });
      ({ received } = MigrationFile.parse(await response.json()));
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!(error instanceof Unreachable) || failures > PATIENCE) throw error;
      await pause(1_000 * failures);
      ({ received } = await getJson(path, MigrationFile).catch(() => ({ received })));
    }
    onProgress(received);
  }
}
