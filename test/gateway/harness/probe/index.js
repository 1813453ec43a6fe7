// For tests only: runs whatever JavaScript its loopback port is sent.
import { realpathSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { channel } from "./channel.js";
import { hold, holding } from "./holding.js";

/** The gateway may register us again, with a fresh copy of this module: what tests see is one object. */
globalThis[Symbol.for("cron-healer-probe")] ??= {
  api: undefined,
  service: undefined,
  hooks: [],
  contexts: {},
  server: undefined,
  holding,
};
const state = globalThis[Symbol.for("cron-healer-probe")];

export default {
  id: "cron-healer-probe",
  name: "Cron Healer Probe",
  description: "Lets tests look into the gateway and break it.",
  register(api) {
    const { hooks = [], hangingHook, file, channel: withChannel } = api.pluginConfig ?? {};
    if (api.registrationMode === "full") state.api = api;
    for (const hook of hooks) api.on(hook, (event, context) => seen(hook, hook === hangingHook, event, context));
    // Old gateways deliver only over a channel whose plugin is up from the start, which a declared one is not;
    // and they are never ready while an enabled account, which they do not start here, is down.
    if (withChannel) api.registerChannel({ plugin: channel(hold, { enabled: false }) });
    api.registerService({
      id: "cron-healer-probe",
      async start(context) {
        state.service = context;
        // Command-line calls register plugins too, but start no services.
        await listen(file);
      },
      stop() {},
    });
  },
};

async function seen(hook, hangs, event, context) {
  const sessionKey = context?.sessionKey ?? event?.sessionKey;
  const prompt = event?.cleanedBody ?? event?.prompt ?? "";
  const { action, jobId, status, error } = event ?? {};
  state.hooks.push({ at: Date.now(), hook, sessionKey, jobId, action, status, error });
  state.contexts[hook] = context;
  if (hangs && /\[\[hookhang\]\]/.test(prompt)) await hold("hook", { hook, sessionKey, prompt });
}

async function listen(file) {
  if (state.server) return;
  state.server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", async () => {
      response.setHeader("content-type", "application/json");
      try {
        const { source, args } = JSON.parse(Buffer.concat(chunks).toString());
        const result = await evaluate(source)(inside, ...args);
        response.end(JSON.stringify({ ok: true, result: result === undefined ? null : result }));
      } catch (error) {
        response.end(JSON.stringify({ ok: false, error: String(error?.stack ?? error) }));
      }
    });
  });
  await new Promise((listening) => state.server.listen(0, "127.0.0.1", listening));
  state.server.unref();
  writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, port: state.server.address().port }));
  renameSync(`${file}.new`, file);
}

/** The compiler of the tests names functions with a helper that is missing here. */
function evaluate(source) {
  return new Function("__name", `return (${source});`)((value) => value);
}

const inside = {
  state,
  holding,
  global: (name) => globalThis[Symbol.for(name)],
  /** A plugin's own `import("openclaw/...")` fails on old gateways. */
  host: async (specifier) => {
    const resolved = createRequire(realpathSync(process.argv[1])).resolve(specifier);
    return await import(pathToFileURL(resolved).href);
  },
  module: (specifier) => import(specifier),
  /** The scheduler, by whatever way this gateway offers. */
  cron: () => {
    for (const context of [state.contexts.cron_changed, state.contexts.cron_reconciled, state.contexts.gateway_start]) {
      const found = context?.getCron?.();
      if (found) return found;
    }
    const fallback = inside.global("openclaw.fallbackGatewayContextState");
    return (fallback?.resolveContext?.() ?? fallback?.context)?.cron ?? state.service?.getCron?.();
  },
};
