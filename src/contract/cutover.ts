import { z } from "zod";

const time = z.iso.datetime();

/** off: nothing goes to the old server. both: mail that arrives here for the domain is delivered here and to the old server.
 * unknown_only: to the old server goes what is for addresses that nobody has here. */
export const CutoverMode = z.enum(["off", "both", "unknown_only"]);
export type CutoverMode = z.output<typeof CutoverMode>;

/** planned: nothing is delivered to the old server. shadow: mail is, and the MX still leads there. switched: the MX leads to us;
 * going back is possible until `rollbackUntil`. done: the move is over. back: it was taken back. */
export const CutoverState = z.enum(["planned", "shadow", "switched", "done", "back"]);
export type CutoverState = z.output<typeof CutoverState>;

/** A record as it stands or as it is to be entered; name without a dot at the end. MX: `10 mail.example`. */
export const CutoverRecord = z.object({
  name: z.string(),
  type: z.enum(["MX", "TXT", "CNAME"]),
  value: z.string(),
});
export type CutoverRecord = z.output<typeof CutoverRecord>;

/** Of one sender: DMARC passes now, and with the records as they will be.
 * dkim: by a signature of the domain. spf: by the SPF record. fail: by neither. */
export const SenderVerdict = z.enum(["dkim", "spf", "fail"]);
export type SenderVerdict = z.output<typeof SenderVerdict>;

/** What to do about a sender.
 * nothing: it passes after the move too.
 * moves: it is the old mail server, which sends nothing for the domain after the move.
 * keep_in_spf: it passes now by the SPF record and will not by the planned one: leave its entry (`hint`) in the record.
 * sign: it fails now and will: let it sign with DKIM in the domain's name, or enter it into SPF (`hint`).
 * unknown: it fails now, with few messages: perhaps forged; find out who it is, or do nothing. */
export const SenderAdvice = z.enum(["nothing", "moves", "keep_in_spf", "sign", "unknown"]);
export type SenderAdvice = z.output<typeof SenderAdvice>;

/** Who sends mail in the name of the domain: one provider, one host or one address. */
export const CutoverSender = z.object({
  /** the provider's name ("Mailchimp"), else the name of the host, else the IP address */
  name: z.string(),
  provider: z.string().nullable(),
  /** at most 20, those with the most messages */
  ips: z.array(z.string()),
  messages: z.int(),
  firstSeen: time,
  lastSeen: time,
  /** reports: DMARC reports of others. samples: messages that were looked at. */
  from: z.array(z.enum(["reports", "samples"])),
  /** domains that sign its mail, and domains of its MAIL FROM: at most 10 each */
  signedBy: z.array(z.string()),
  mailFrom: z.array(z.string()),
  now: SenderVerdict,
  after: SenderVerdict,
  advice: SenderAdvice,
  /** a mechanism for the SPF record (`include:…`, `ip4:…`), where advice speaks of one */
  hint: z.string().nullable(),
});
export type CutoverSender = z.output<typeof CutoverSender>;

/** `GET /v1/domains/{name}/cutover` (domains:read). A domain whose move was never planned has `state: "planned"`, `plannedAt: null`.
 * 404: not a domain of the agency. */
export const Cutover = z.object({
  domain: z.string(),
  state: CutoverState,
  mode: CutoverMode,
  /** `host:port`; null: not told */
  oldServer: z.string().nullable(),
  plannedAt: time.nullable(),
  shadowAt: time.nullable(),
  switchedAt: time.nullable(),
  doneAt: time.nullable(),
  backAt: time.nullable(),
  /** Until then one click goes back; administrators are reminded three days before it. Only in state switched. */
  rollbackUntil: time.nullable(),
  /** Where the old server may forward to while the MX still leads there: the domain of ours at which the agency has its addresses. */
  forwardTo: z.string().nullable(),
  records: z.object({
    /** as they were when the move was planned: they are kept for going back. Empty before that. */
    before: z.array(CutoverRecord),
    /** as they stand in the DNS, when they were last looked at */
    now: z.array(CutoverRecord),
    after: z.array(CutoverRecord),
    lookedAt: time.nullable(),
  }),
  /** Senders in the report; `failing`: those that pass now and will not, or pass neither now nor then, `moves` not counted.
   * null: no report has been made yet; it is made within a minute after the move is planned, and again every hour. */
  report: z
    .object({
      madeAt: time,
      senders: z.int(),
      failing: z.int(),
      messages: z.int(),
      reports: z.int(),
      samples: z.int(),
    })
    .nullable(),
});
export type Cutover = z.output<typeof Cutover>;

/** `PUT /v1/domains/{name}/cutover` (domains:write): plans the move, or changes it. Answers `Cutover`.
 * 409 `domain_unproven`: mail is split only for a domain that is proven. 422 `cutover_server`: the old server has no public address,
 * is this server itself, or its port is none for mail. `mode` other than off needs `oldServer`. */
export const SetCutover = z
  .strictObject({
    /** `mail.old.example` or `mail.old.example:25`, an IP address too; null: none */
    oldServer: z.string().trim().toLowerCase().min(1).max(260).nullable().optional(),
    mode: CutoverMode,
    /** the SPF record as it will be; null: what we propose, which is the old one with ours in it; left out: as before */
    plannedSpf: z
      .string()
      .trim()
      .max(1000)
      .regex(/^v=spf1( |$)/i, "must begin with v=spf1")
      .nullable()
      .optional(),
  })
  .refine(({ mode, oldServer }) => mode === "off" || oldServer !== null, {
    path: ["oldServer"],
    error: "is missing: mail can only be split when the old server is known",
  });
export type SetCutover = z.output<typeof SetCutover>;

// `POST /v1/domains/{name}/cutover/check` (domains:write), no body: has the DNS looked at and the report made within seconds (a switch is
//   seen by itself within ten minutes too); answers `Cutover` as it was known until now: ask again when `records.lookedAt` is to move.
// `POST /v1/domains/{name}/cutover/done` (domains:write), no body: the move is over, nothing goes to the old server. Answers `Cutover`.
// 422 `cutover_state` when the state does not allow it: done after `switched`, back after `shadow` or `switched`.

/** `POST /v1/domains/{name}/cutover/back` (domains:write), no body: these are the records to be entered again. What still comes here until
 * the old MX is seen goes to both sides (`mode` is `both` meanwhile); that ends by itself. */
export const CutoverBack = z.object({ cutover: Cutover, enter: z.array(CutoverRecord) });
export type CutoverBack = z.output<typeof CutoverBack>;

/** `GET /v1/domains/{name}/cutover/senders?cursor=&limit=&only=failing` (domains:read): pageOf(CutoverSender), those that will fail first,
 * then by messages. `only=failing`: no others. */

/** `POST /v1/domains/{name}/cutover/samples` (domains:write): messages (EML, as text) that somebody got from the domain; only addresses
 * of servers, signing domains and dates are kept of them. */
export const NewSamples = z.strictObject({
  messages: z.array(z.string().min(1).max(400_000)).min(1).max(50),
});
export type NewSamples = z.output<typeof NewSamples>;

/** Its answer (200). not_from_domain: its From is another domain. no_source: no public address in its Received fields. */
export const TakenSamples = z.object({
  taken: z.int(),
  refused: z.array(z.object({ n: z.int(), why: z.enum(["not_from_domain", "no_source", "malformed"]) })),
});
export type TakenSamples = z.output<typeof TakenSamples>;
