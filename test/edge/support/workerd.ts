import { env, exports } from "cloudflare:workers";
import { newWorkerPlatform } from "../../../src/edge/worker-deps.ts";
import { setRuntime } from "./runtime.ts";

setRuntime(() => {
  // The worker has its own; this one is another process that shares its database.
  const platform = newWorkerPlatform(env);
  return Promise.resolve({
    name: "workerd",
    store: platform.store,
    tenancy: platform.tenancy,
    fetch(path, init = {}, client = "127.0.0.1") {
      const request = new Request(new URL(path, "http://edge.test"), init);
      request.headers.set("cf-connecting-ip", client);
      return exports.default.fetch(request);
    },
    stop() {
      platform.changes.stop();
      // Its connections end with the isolate: closing them here makes postgres.js throw behind our back.
      return Promise.resolve();
    },
  });
});
