import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import { startRedis } from "./redis.ts";

/** Rspamd's own test pattern: a message with it is spam. */
export const GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
/** Words that a rule of this configuration weighs: 7.5, 13 and 30. */
export const WORDS = { junk: "zelophehad", quarantine: "maherhalal", refuse: "nebuchadrezzar" } as const;

export interface RspamdDaemon extends Daemon {
  /** of the worker that checks */
  readonly url: string;
  /** of the controller, which learns */
  readonly controllerUrl: string;
  /** of the worker that speaks the milter protocol, if it was asked for */
  readonly milterPort: number;
  readonly password: string;
}

export interface RspamdOptions {
  /** It also speaks Postfix's milter protocol, and asks clamd itself. */
  readonly milter?: { readonly clamdPort: number };
  /** name servers; none unless given */
  readonly dns?: number;
}

/** A real Rspamd with a Redis of its own, which asks nobody on the network: `await using rspamd = await startRspamd()`. */
export async function startRspamd(options: RspamdOptions = {}): Promise<RspamdDaemon> {
  const redis = await startRedis();
  const [worker = 0, controller = 0, nowhere = 0, milter = 0] = await freePorts(4);
  const dir = mkdtempSync(join(tmpdir(), "angelia-rspamd-"));
  const password = "learn this";
  const config = join(dir, "rspamd.conf");
  writeFileSync(join(dir, "words.lua"), WORDS_LUA);
  writeFileSync(join(dir, "tlds.txt"), "com\ntest\n"); // the real list takes seconds to compile
  writeFileSync(
    config,
    configOf({ dir, worker, controller, dns: options.dns ?? nowhere, redis: redis.port, password }) +
      (options.milter === undefined ? "" : milterConfig(milter, options.milter.clamdPort)),
  );
  const url = `http://127.0.0.1:${worker}`;
  const controllerUrl = `http://127.0.0.1:${controller}`;
  const isReady = async (): Promise<boolean> => {
    const answers = await Promise.all([fetch(`${url}/ping`), fetch(`${controllerUrl}/ping`)]);
    return answers.every((answer) => answer.ok);
  };
  try {
    // -i: it may run as root, as tests in a container do.
    const daemon = await startDaemon({
      dir,
      program: "rspamd",
      args: ["-f", "-i", "-c", config],
      isReady,
      readyMs: 120_000,
    });
    return {
      ...daemon,
      url,
      controllerUrl,
      milterPort: milter,
      password,
      async [Symbol.asyncDispose]() {
        await daemon[Symbol.asyncDispose]();
        await redis[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await redis[Symbol.asyncDispose]();
    throw error;
  }
}

const WORDS_LUA = Object.entries({ ...WORDS })
  .map(
    ([name, word]) => `rspamd_config.TEST_${name.toUpperCase()} = {
  callback = function(task)
    for _, part in ipairs(task:get_text_parts() or {}) do
      if tostring(part:get_content()):find("${word}", 1, true) then return true end
    end
    return false
  end,
  score = ${{ junk: 7.5, quarantine: 13, refuse: 30 }[name] ?? 0},
  group = "test",
}
`,
  )
  .join("");

interface Places {
  readonly dir: string;
  readonly worker: number;
  readonly controller: number;
  /** of the name server; where nothing listens, look-ups fail at once */
  readonly dns: number;
  readonly redis: number;
  readonly password: string;
}

const configOf = ({ dir, worker, controller, dns, redis, password }: Places): string => `
lua = "${dir}/words.lua";
options {
  filters = "regexp";
  pidfile = "${dir}/rspamd.pid";
  temp_dir = "${dir}";
  control_socket = "${dir}/control.sock mode=0600";
  cache_file = "${dir}/symbols.cache";
  hs_cache_dir = "${dir}";
  url_tld = "${dir}/tlds.txt";
  gtube_patterns = "all";
  dns { nameserver = ["127.0.0.1:${dns}"]; timeout = 0.1s; retransmits = 1; }
}
logging { type = "console"; level = "notice"; }
actions { reject = 15; add_header = 6; }
worker "normal" { bind_socket = "127.0.0.1:${worker}"; count = 1; }
worker "controller" { bind_socket = "127.0.0.1:${controller}"; count = 1; password = "${password}"; secure_ip = []; }
classifier "bayes" {
  tokenizer { name = "osb"; }
  backend = "redis";
  servers = "127.0.0.1:${redis}";
  min_tokens = 1;
  min_learns = 1;
  statfile { symbol = "BAYES_HAM"; spam = false; }
  statfile { symbol = "BAYES_SPAM"; spam = true; }
}
group "statistics" {
  symbol "BAYES_SPAM" { weight = 8; }
  symbol "BAYES_HAM" { weight = -3; }
}
`;

const milterConfig = (port: number, clamdPort: number): string => `
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}";
  count = 1;
  milter = yes;
  upstream "local" { default = yes; self_scan = yes; }
}
modules { path = "/usr/share/rspamd/plugins/antivirus.lua"; }
antivirus {
  clamav { type = "clamav"; servers = "127.0.0.1:${clamdPort}"; action = "reject"; scan_mime_parts = false; symbol = "CLAM_VIRUS"; }
}
`;
