import { scrypt } from "node:crypto";
import { join } from "node:path";
import { KeyRing, type S3Settings, s3ObjectStore, Vault } from "../src/blob/index.ts";
import type { Db } from "../src/db/index.ts";
import type { Clock, Log, RandomBytes } from "../src/kernel/ports.ts";
import { GroupCommit, type Mailstore, NotifyingChangeHub } from "../src/mailstore/index.ts";
import { newTenancy, type Scrypt, type Tenancy } from "../src/tenants/index.ts";
import { fileObjectStore } from "./file-object-store.ts";
import { nodeCipher } from "./node-cipher.ts";

/** scrypt runs on Node's thread pool; 128 * N * r octets of memory each. */
const nodeScrypt: Scrypt = (password, salt, cost) =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });

/** What all services of a process share. */
export interface Platform {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  readonly changes: NotifyingChangeHub;
}

export interface PlatformParts {
  readonly db: Db;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** 32 octets */
  readonly masterKey: Uint8Array<ArrayBuffer>;
  readonly dataDir: string;
  /** undefined: large blobs are files under the data folder */
  readonly s3?: S3Settings | undefined;
  readonly hostedDomain: string;
}

/** Puts the modules of `src/` together on Node. `changes` must be started to hear of other processes. */
export function newPlatform(parts: PlatformParts): Platform {
  const { db, log, clock, random, masterKey, dataDir, s3, hostedDomain } = parts;
  const keys = new KeyRing(db, masterKey, clock, random, nodeCipher);
  const objects = s3 === undefined ? fileObjectStore(join(dataDir, "blobs")) : s3ObjectStore(s3);
  const vault = new Vault({ db, objects, keys, cipher: nodeCipher, clock, random });
  const changes = new NotifyingChangeHub(db, log);
  const store: Mailstore = { db, vault, changes, commits: new GroupCommit(db), clock, random };
  const tenancy = newTenancy({ db, keys, scrypt: nodeScrypt, clock, random, hostedDomain });
  return { store, tenancy, changes };
}
