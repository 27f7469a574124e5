import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod";
import { Direction } from "../../src/contract/history.ts";
import { HeldState, HoldReason } from "../../src/contract/quarantine.ts";
import { PersonState } from "../../src/contract/people.ts";
import { QueueState } from "../../src/contract/queue.ts";
import { menuOf } from "../features/admin/menu.ts";
import { SECURITY_VIEWS } from "../features/security/security-views.ts";
import { isAdministrator, permissionsIn } from "../features/admin/roles.ts";
import { startAdminWords } from "./i18n.ts";
import { wearLooksOf } from "./looks.ts";
import { queryClient } from "./query-client.ts";
import { FailurePage, MissingPage, Root } from "./root.tsx";
import { sessionQuery } from "./session.ts";

const root = createRootRoute({
  component: Root,
  notFoundComponent: MissingPage,
  errorComponent: FailurePage,
});

/** Lets only somebody who is signed in through. */
async function needSession({ location }: { readonly location: { readonly href: string } }): Promise<void> {
  const session = await queryClient.ensureQueryData(sessionQuery);
  if (session === null) redirect({ to: "/sign-in", search: { next: location.href }, throw: true });
  else void wearLooksOf(session.address);
}

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async () => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (session === null) redirect({ to: "/sign-in", throw: true });
    redirect({ to: "/mail/$folder", params: { folder: "inbox" }, throw: true });
  },
});

/** A place inside this site only: never a link that leads elsewhere after signing in. */
const InnerPath = z.string().regex(/^\/(?!\/)[^\\]*$/);

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: z.object({
    next: InnerPath.optional().catch(undefined),
    ended: z.boolean().optional().catch(undefined),
    agency: z.coerce.string().max(63).optional().catch(undefined),
  }),
  component: lazyRouteComponent(async () => import("../features/signin/sign-in-page.tsx"), "SignInPage"),
});

const signUp = createRoute({
  getParentRoute: () => root,
  path: "/sign-up",
  validateSearch: z.object({ step: z.int().min(1).max(3).optional().catch(undefined) }),
  component: lazyRouteComponent(async () => import("../features/signup/sign-up-page.tsx"), "SignUpPage"),
});

/** A link that whoever was invited has got: works without signing in. */
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation/$token",
  component: lazyRouteComponent(
    async () => import("../features/invitation/invitation-page.tsx"),
    "InvitationPage",
  ),
});

const terms = createRoute({
  getParentRoute: () => root,
  path: "/terms",
  component: lazyRouteComponent(async () => import("../features/signup/legal-page.tsx"), "TermsPage"),
});

const privacy = createRoute({
  getParentRoute: () => root,
  path: "/privacy",
  component: lazyRouteComponent(async () => import("../features/signup/legal-page.tsx"), "PrivacyPage"),
});

const service = createRoute({
  getParentRoute: () => root,
  path: "/service",
  component: lazyRouteComponent(async () => import("../features/service/service-page.tsx"), "ServicePage"),
});

const mail = createRoute({
  getParentRoute: () => root,
  path: "/mail",
  beforeLoad: needSession,
  validateSearch: z.object({
    q: z.string().optional().catch(undefined),
    all: z.boolean().optional().catch(undefined),
  }),
  loader: async () => {
    const { jmapQuery, mailboxesQuery } = await import("../features/mail/mail-data.ts");
    await queryClient.ensureQueryData(mailboxesQuery(await queryClient.ensureQueryData(jmapQuery)));
  },
  component: lazyRouteComponent(async () => import("../features/mail/mail-page.tsx"), "MailPage"),
});

const mailHome = createRoute({
  getParentRoute: () => mail,
  path: "/",
  beforeLoad: () => {
    redirect({ to: "/mail/$folder", params: { folder: "inbox" }, throw: true });
  },
});

const folder = createRoute({ getParentRoute: () => mail, path: "$folder" });
const email = createRoute({ getParentRoute: () => mail, path: "$folder/$emailId" });

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  beforeLoad: needSession,
  component: lazyRouteComponent(async () => import("../features/settings/settings-page.tsx"), "SettingsPage"),
});

/** It has its words with those of the administration: few people look at it, and seldom. */
const ownSecurity = createRoute({
  getParentRoute: () => root,
  path: "/settings/security",
  beforeLoad: async (where) => {
    await needSession(where);
    await startAdminWords();
  },
  component: lazyRouteComponent(
    async () => import("../features/settings/own-security-page.tsx"),
    "OwnSecurityPage",
  ),
});

const devices = createRoute({
  getParentRoute: () => root,
  path: "/settings/devices",
  beforeLoad: needSession,
  component: lazyRouteComponent(async () => import("../features/devices/devices-page.tsx"), "DevicesPage"),
});

const held = createRoute({
  getParentRoute: () => root,
  path: "/held",
  beforeLoad: needSession,
  component: lazyRouteComponent(async () => import("../features/quarantine/held-page.tsx"), "HeldPage"),
});

/** A link in a digest: works without signing in. */
const release = createRoute({
  getParentRoute: () => root,
  path: "/release",
  component: lazyRouteComponent(async () => import("../features/quarantine/release-page.tsx"), "ReleasePage"),
});

/** Lets only administrators through; the server asks again at every request. */
async function needRole(where: { readonly location: { readonly href: string } }): Promise<void> {
  await needSession(where);
  const session = await queryClient.ensureQueryData(sessionQuery);
  if (!isAdministrator(session)) redirect({ to: "/", throw: true });
  await startAdminWords();
}

const admin = createRoute({
  getParentRoute: () => root,
  path: "/admin",
  beforeLoad: needRole,
  component: lazyRouteComponent(async () => import("../features/admin/admin-layout.tsx"), "AdminLayout"),
});

const adminHome = createRoute({
  getParentRoute: () => admin,
  path: "/",
  beforeLoad: async () => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    const first = menuOf(permissionsIn(session))[0]?.pages[0];
    redirect({ to: first?.to ?? "/", throw: true });
  },
});

const words = z.string().optional().catch(undefined);

const adminOverview = createRoute({
  getParentRoute: () => admin,
  path: "overview",
  component: lazyRouteComponent(async () => import("../features/admin/overview-page.tsx"), "OverviewPage"),
});

const adminQueue = createRoute({
  getParentRoute: () => admin,
  path: "queue",
  validateSearch: z.object({
    domain: words,
    sender: words,
    state: QueueState.optional().catch(undefined),
    cursor: words,
    entry: words,
  }),
  component: lazyRouteComponent(async () => import("../features/admin/queue-page.tsx"), "QueuePage"),
});

const adminTrace = createRoute({
  getParentRoute: () => admin,
  path: "trace",
  validateSearch: z.object({
    sender: words,
    recipient: words,
    messageId: words,
    since: words,
    until: words,
    direction: Direction.optional().catch(undefined),
    cursor: words,
    trace: words,
  }),
  component: lazyRouteComponent(async () => import("../features/admin/trace-page.tsx"), "TracePage"),
});

const adminQuarantine = createRoute({
  getParentRoute: () => admin,
  path: "quarantine",
  validateSearch: z.object({
    q: words,
    recipient: words,
    reason: HoldReason.shape.code.optional().catch(undefined),
    state: HeldState.optional().catch(undefined),
    cursor: words,
    held: words,
  }),
  component: lazyRouteComponent(
    async () => import("../features/admin/quarantine-page.tsx"),
    "QuarantinePage",
  ),
});

const adminReports = createRoute({
  getParentRoute: () => admin,
  path: "reports",
  validateSearch: z.object({
    domain: words,
    kind: z.enum(["dmarc", "tls"]).optional().catch(undefined),
    days: z.int().min(1).max(366).optional().catch(undefined),
  }),
  component: lazyRouteComponent(async () => import("../features/admin/reports-page.tsx"), "ReportsPage"),
});

const adminProtection = createRoute({
  getParentRoute: () => admin,
  path: "protection",
  component: lazyRouteComponent(
    async () => import("../features/admin/protection-page.tsx"),
    "ProtectionPage",
  ),
});

const adminSending = createRoute({
  getParentRoute: () => admin,
  path: "sending",
  component: lazyRouteComponent(async () => import("../features/admin/sending-page.tsx"), "SendingPage"),
});

const adminStart = createRoute({
  getParentRoute: () => admin,
  path: "start",
  component: lazyRouteComponent(async () => import("../features/start/start-page.tsx"), "StartPage"),
});

const adminDomains = createRoute({
  getParentRoute: () => admin,
  path: "domains",
  component: lazyRouteComponent(async () => import("../features/domains/domains-page.tsx"), "DomainsPage"),
});

const adminDomain = createRoute({
  getParentRoute: () => admin,
  path: "domains/$name",
  validateSearch: z.object({ connected: words, error: words }),
  component: lazyRouteComponent(async () => import("../features/domains/domain-page.tsx"), "DomainPage"),
});

const adminMove = createRoute({
  getParentRoute: () => admin,
  path: "domains/$name/move",
  component: lazyRouteComponent(async () => import("../features/domains/move-page.tsx"), "MovePage"),
});

const adminPeople = createRoute({
  getParentRoute: () => admin,
  path: "people",
  validateSearch: z.object({
    q: words,
    state: PersonState.optional().catch(undefined),
    person: words,
    add: z.boolean().optional().catch(undefined),
  }),
  component: lazyRouteComponent(async () => import("../features/people/people-page.tsx"), "PeoplePage"),
});

const adminGroups = createRoute({
  getParentRoute: () => admin,
  path: "groups",
  validateSearch: z.object({ group: words }),
  component: lazyRouteComponent(async () => import("../features/addresses/groups-page.tsx"), "GroupsPage"),
});

const adminShared = createRoute({
  getParentRoute: () => admin,
  path: "shared",
  validateSearch: z.object({ mailbox: words }),
  component: lazyRouteComponent(async () => import("../features/addresses/shared-page.tsx"), "SharedPage"),
});

const adminResources = createRoute({
  getParentRoute: () => admin,
  path: "resources",
  component: lazyRouteComponent(
    async () => import("../features/addresses/resources-page.tsx"),
    "ResourcesPage",
  ),
});

const adminMandates = createRoute({
  getParentRoute: () => admin,
  path: "mandates",
  component: lazyRouteComponent(
    async () => import("../features/addresses/mandates-page.tsx"),
    "MandatesPage",
  ),
});

const adminImports = createRoute({
  getParentRoute: () => admin,
  path: "people/import",
  component: lazyRouteComponent(async () => import("../features/people/imports-page.tsx"), "ImportsPage"),
});

const adminImport = createRoute({
  getParentRoute: () => admin,
  path: "people/import/$id",
  component: lazyRouteComponent(async () => import("../features/people/import-page.tsx"), "ImportPage"),
});

const adminMigrations = createRoute({
  getParentRoute: () => admin,
  path: "migrations",
  component: lazyRouteComponent(
    async () => import("../features/migration/migrations-page.tsx"),
    "MigrationsPage",
  ),
});

const adminNewMigration = createRoute({
  getParentRoute: () => admin,
  path: "migrations/new",
  component: lazyRouteComponent(
    async () => import("../features/migration/new-migration-page.tsx"),
    "NewMigrationPage",
  ),
});

const adminMigration = createRoute({
  getParentRoute: () => admin,
  path: "migrations/$id",
  component: lazyRouteComponent(
    async () => import("../features/migration/migration-page.tsx"),
    "MigrationPage",
  ),
});

const adminBranding = createRoute({
  getParentRoute: () => admin,
  path: "branding",
  component: lazyRouteComponent(async () => import("../features/branding/branding-page.tsx"), "BrandingPage"),
});

const adminNotices = createRoute({
  getParentRoute: () => admin,
  path: "notices",
  component: lazyRouteComponent(async () => import("../features/branding/notices-page.tsx"), "NoticesPage"),
});

const adminApiKeys = createRoute({
  getParentRoute: () => admin,
  path: "api-keys",
  component: lazyRouteComponent(
    async () => import("../features/integrations/api-keys-page.tsx"),
    "ApiKeysPage",
  ),
});

const adminWebhooks = createRoute({
  getParentRoute: () => admin,
  path: "webhooks",
  validateSearch: z.object({ webhook: words }),
  component: lazyRouteComponent(
    async () => import("../features/integrations/webhooks-page.tsx"),
    "WebhooksPage",
  ),
});

const adminApi = createRoute({
  getParentRoute: () => admin,
  path: "api",
  component: lazyRouteComponent(async () => import("../features/integrations/api-page.tsx"), "ApiPage"),
});

const adminSecurity = createRoute({
  getParentRoute: () => admin,
  path: "security",
  validateSearch: z.object({
    view: z.enum(SECURITY_VIEWS).optional().catch(undefined),
    address: words,
    succeeded: z.enum(["true", "false"]).optional().catch(undefined),
  }),
  component: lazyRouteComponent(async () => import("../features/security/security-page.tsx"), "SecurityPage"),
});

const adminRoles = createRoute({
  getParentRoute: () => admin,
  path: "roles",
  component: lazyRouteComponent(async () => import("../features/roles/roles-page.tsx"), "RolesPage"),
});

const adminAudit = createRoute({
  getParentRoute: () => admin,
  path: "audit",
  validateSearch: z.object({ actor: words, action: words, subject: words, since: words, until: words }),
  component: lazyRouteComponent(async () => import("../features/audit/audit-page.tsx"), "AuditPage"),
});

const adminSupport = createRoute({
  getParentRoute: () => admin,
  path: "support",
  component: lazyRouteComponent(async () => import("../features/support/support-page.tsx"), "SupportPage"),
});

const adminVerification = createRoute({
  getParentRoute: () => admin,
  path: "verification",
  component: lazyRouteComponent(
    async () => import("../features/verification/verification-page.tsx"),
    "VerificationPage",
  ),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    signUp,
    invitation,
    terms,
    privacy,
    service,
    mail.addChildren([mailHome, folder, email]),
    settings,
    ownSecurity,
    devices,
    admin.addChildren([
      adminHome,
      adminOverview,
      adminQueue,
      adminTrace,
      adminQuarantine,
      adminReports,
      adminProtection,
      adminSending,
      adminSecurity,
      adminRoles,
      adminAudit,
      adminSupport,
      adminVerification,
      adminBranding,
      adminNotices,
      adminApiKeys,
      adminWebhooks,
      adminApi,
      adminStart,
      adminPeople,
      adminGroups,
      adminShared,
      adminResources,
      adminMandates,
      adminImports,
      adminImport,
      adminDomains,
      adminDomain,
      adminMove,
      adminMigrations,
      adminNewMigration,
      adminMigration,
    ]),
    held,
    release,
  ]),
  defaultPreload: false,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
