import { CONVENIENCE, type HeaderProperty, parseHeaderProperty } from "../../protocol/jmap/index.ts";
import { JmapError } from "./method.ts";

/** Properties that stand in the database beside the message (RFC 8621 §4.1.1). */
export const METADATA_PROPERTIES = [
  "id",
  "blobId",
  "threadId",
  "mailboxIds",
  "keywords",
  "size",
  "receivedAt",
] as const;

const BODY_VIEWS = [
  "bodyStructure",
  "bodyValues",
  "textBody",
  "htmlBody",
  "attachments",
  "hasAttachment",
  "preview",
] as const;

const DEFAULT_PROPERTIES: readonly string[] = [
  ...METADATA_PROPERTIES,
  ...Object.keys(CONVENIENCE),
  ...BODY_VIEWS.filter((name) => name !== "bodyStructure"),
];
const KNOWN: ReadonlySet<string> = new Set([...DEFAULT_PROPERTIES, "bodyStructure", "headers"]);

const DEFAULT_BODY_PROPERTIES = [
  "partId",
  "blobId",
  "size",
  "name",
  "type",
  "charset",
  "disposition",
  "cid",
  "language",
  "location",
] as const;
const KNOWN_BODY: ReadonlySet<string> = new Set([...DEFAULT_BODY_PROPERTIES, "headers", "subParts"]);

/** Names, and header fields in one of their forms. */
export interface ChosenProperties {
  readonly names: ReadonlySet<string>;
  readonly headers: readonly HeaderProperty[];
}

/** What one Email/get or Email/parse answers with. */
export interface EmailPlan {
  readonly email: ChosenProperties;
  readonly bodyPart: ChosenProperties;
  readonly fetchTextBodyValues: boolean;
  readonly fetchHTMLBodyValues: boolean;
  readonly fetchAllBodyValues: boolean;
  /** 0: no limit */
  readonly maxBodyValueBytes: number;
  /** false: everything that is asked for stands beside the message */
  readonly needsMessage: boolean;
}

function choose(
  wanted: readonly string[] | null | undefined,
  defaults: readonly string[],
  known: ReadonlySet<string>,
  always: readonly string[],
): ChosenProperties {
  const names = new Set(always);
  const headers: HeaderProperty[] = [];
  for (const name of wanted ?? defaults) {
    if (known.has(name)) {
      names.add(name);
      continue;
    }
    const header = parseHeaderProperty(name);
    if (header === null) throw new JmapError("invalidArguments", `unknown property ${name}`);
    headers.push(header);
  }
  return { names, headers };
}

export interface EmailPlanArguments {
  readonly properties?: readonly string[] | null | undefined;
  readonly bodyProperties?: readonly string[] | null | undefined;
  readonly fetchTextBodyValues: boolean;
  readonly fetchHTMLBodyValues: boolean;
  readonly fetchAllBodyValues: boolean;
  readonly maxBodyValueBytes: number;
}

/** @throws {JmapError} invalidArguments, for a property that no email has or a header form that the field has not */
export function planEmail(
  args: EmailPlanArguments,
  defaults: readonly string[] = DEFAULT_PROPERTIES,
): EmailPlan {
  const email = choose(args.properties, defaults, KNOWN, ["id"]);
  const bodyPart = choose(args.bodyProperties, DEFAULT_BODY_PROPERTIES, KNOWN_BODY, []);
  const beside: ReadonlySet<string> = new Set(METADATA_PROPERTIES);
  const needsMessage = email.headers.length > 0 || [...email.names].some((name) => !beside.has(name));
  const { fetchTextBodyValues, fetchHTMLBodyValues, fetchAllBodyValues, maxBodyValueBytes } = args;
  return {
    email,
    bodyPart,
    fetchTextBodyValues,
    fetchHTMLBodyValues,
    fetchAllBodyValues,
    maxBodyValueBytes,
    needsMessage,
  };
}
