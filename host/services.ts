import { startHttp } from "./http-server.ts";
import { startImap } from "./imap-server.ts";
import { startJobs } from "./jobs.ts";
import { startPop3 } from "./pop3-server.ts";
import type { ServiceStarter } from "./service.ts";
import { startDeliveryService, startMxService, startSubmissionService } from "./smtp-servers.ts";

/** Everything that a process can run, in the order in which it starts; it stops in reverse. */
export const SERVICES: readonly ServiceStarter[] = [
  { role: "edge", ports: ["http"], start: startHttp },
  { role: "imap", ports: ["imap", "imaps"], start: startImap },
  { role: "pop3", ports: ["pop3", "pop3s"], start: startPop3 },
  { role: "mx", ports: ["mx"], start: startMxService },
  { role: "submission", ports: ["submission", "submissions"], start: startSubmissionService },
  { role: "delivery", ports: [], start: startDeliveryService },
  { role: "jobs", ports: [], start: startJobs },
];
