import {
  IconActivity,
  IconListCheck,
  IconMailDown,
  IconMailForward,
  IconPlugConnected,
  IconSettings,
  IconShieldLock,
  IconUsers,
  IconWorld,
} from "@tabler/icons-react";
import type { Permission } from "../../../src/contract/permission.ts";

/** A page of the administration: its words are `admin.<page>.title`, and only who has the permission finds it. */
interface MenuPage {
  readonly page: string;
  readonly to: string;
  readonly needs: Permission;
}

/** Pages that belong together; a section of one page is that page. */
interface MenuSection {
  readonly section: string;
  readonly Icon: typeof IconActivity;
  readonly pages: readonly MenuPage[];
}

/** The order of daily work: what is looked at first stands first. */
const MENU = [
  {
    section: "overview",
    Icon: IconActivity,
    pages: [{ page: "overview", to: "/admin/overview", needs: "overview:read" }],
  },
  {
    section: "start",
    Icon: IconListCheck,
    pages: [{ page: "start", to: "/admin/start", needs: "overview:read" }],
  },
  {
    section: "people",
    Icon: IconUsers,
    pages: [
      { page: "people", to: "/admin/people", needs: "people:read" },
      { page: "groups", to: "/admin/groups", needs: "addresses:read" },
      { page: "shared", to: "/admin/shared", needs: "mailboxes:read" },
      { page: "resources", to: "/admin/resources", needs: "addresses:read" },
      { page: "mandates", to: "/admin/mandates", needs: "mailboxes:read" },
    ],
  },
  {
    section: "domains",
    Icon: IconWorld,
    pages: [{ page: "domains", to: "/admin/domains", needs: "domains:read" }],
  },
  {
    section: "migrations",
    Icon: IconMailDown,
    pages: [{ page: "migrations", to: "/admin/migrations", needs: "imports:read" }],
  },
  {
    section: "mailFlow",
    Icon: IconMailForward,
    pages: [
      { page: "queue", to: "/admin/queue", needs: "mail-flow:read" },
      { page: "trace", to: "/admin/trace", needs: "mail-flow:read" },
      { page: "quarantine", to: "/admin/quarantine", needs: "quarantine:read" },
      { page: "reports", to: "/admin/reports", needs: "mail-flow:read" },
      { page: "protection", to: "/admin/protection", needs: "mail-flow:read" },
      { page: "sending", to: "/admin/sending", needs: "mail-flow:read" },
    ],
  },
  {
    section: "security",
    Icon: IconShieldLock,
    pages: [
      { page: "security", to: "/admin/security", needs: "security:read" },
      { page: "roles", to: "/admin/roles", needs: "roles:read" },
      { page: "audit", to: "/admin/audit", needs: "audit:read" },
      { page: "support", to: "/admin/support", needs: "support:write" },
    ],
  },
  {
    section: "settings",
    Icon: IconSettings,
    pages: [
      { page: "branding", to: "/admin/branding", needs: "settings:read" },
      { page: "verification", to: "/admin/verification", needs: "settings:read" },
      { page: "notices", to: "/admin/notices", needs: "settings:read" },
    ],
  },
  {
    section: "integrations",
    Icon: IconPlugConnected,
    pages: [
      { page: "apiKeys", to: "/admin/api-keys", needs: "integrations:read" },
      { page: "webhooks", to: "/admin/webhooks", needs: "integrations:read" },
      { page: "api", to: "/admin/api", needs: "integrations:read" },
    ],
  },
] as const satisfies readonly MenuSection[];

export interface Section {
  readonly section: (typeof MENU)[number]["section"];
  readonly Icon: typeof IconActivity;
  readonly pages: readonly (typeof MENU)[number]["pages"][number][];
}

/** The menu of somebody with these permissions. */
export function menuOf(permissions: ReadonlySet<Permission>): readonly Section[] {
  return MENU.flatMap((section) => {
    const pages = section.pages.filter(({ needs }) => permissions.has(needs));
    return pages.length === 0 ? [] : [{ ...section, pages }];
  });
}

/** What a path of the administration needs; undefined for a path that no page of the menu stands at. */
export function neededAt(path: string): Permission | undefined {
  const pages: readonly MenuPage[] = MENU.flatMap((section) => [...section.pages]);
  return pages.find(({ to }) => path === to || path.startsWith(`${to}/`))?.needs;
}
