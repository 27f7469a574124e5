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
  readonly password: string;
}

/** A real Rspamd with a Redis of its own, which asks nobody on the network: `await using rspamd = await startRspamd()`. */
export async function startRspamd(): Promise<RspamdDaemon> {
  const redis = await startRedis();
  const [worker = 0, controller = 0, nowhere = 0] = await freePorts(3);
  const dir = mkdtempSync(join(tmpdir(), "angelia-rspamd-"));
  const password = "learn this";
  const config = join(dir, "rspamd.conf");
  writeFileSync(join(dir, "words.lua"), WORDS_LUA);
  writeFileSync(config, configOf({ dir, worker, controller, nowhere, redis: redis.port, password }));
  const url = `http://127.0.0.1:${worker}`;
  const controllerUrl = `http://127.0.0.1:${controller}`;
  const isReady = async (): Promise<boolean> => {
    const answers = await Promise.all([fetch(`${url}/ping`), fetch(`${controllerUrl}/ping`)]);
    return answers.every((answer) => answer.ok);
  };
  try {
    // -i: it may run as root, as tests in a container do.
    const daemon = await startDaemon({ dir, program: "rspamd", args: ["-f", "-i", "-c", config], isReady });
    return {
      ...daemon,
      url,
      controllerUrl,
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
  /** Nothing listens there: look-ups fail at once. */
  readonly nowhere: number;
  readonly redis: number;
  readonly password: string;
}

const configOf = ({ dir, worker, controller, nowhere, redis, password }: Places): string => `
lua = "${dir}/words.lua";
options {
  filters = "regexp";
  pidfile = "${dir}/rspamd.pid";
  temp_dir = "${dir}";
  control_socket = "${dir}/control.sock mode=0600";
  cache_file = "${dir}/symbols.cache";
  hs_cache_dir = "${dir}";
  url_tld = "/usr/share/rspamd/effective_tld_names.dat";
  gtube_patterns = "all";
  dns { nameserver = ["127.0.0.1:${nowhere}"]; timeout = 0.1s; retransmits = 1; }
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
