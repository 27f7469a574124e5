declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../../../src/edge/worker.ts");
  }
  interface Env {
    readonly EDGE: DurableObjectNamespace;
    readonly DATABASE_URL: string;
    readonly [setting: string]: unknown;
  }
}
