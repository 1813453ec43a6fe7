import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Patience, until } from "./until.ts";

/** What the prompt asked for: `[[answer]] [[hang]] [[delay:SECONDS]] [[error:500]] [[stream:SECONDS]]`. */
export type Behaviour =
  | { readonly kind: "answer" }
  | { readonly kind: "hang" }
  | { readonly kind: "delay"; readonly seconds: number }
  | { readonly kind: "error"; readonly status: number }
  | { readonly kind: "stream"; readonly seconds: number };

/** One request the model really got: the ground truth of what ran. */
export interface ModelRequest {
  readonly id: number;
  readonly behaviour: Behaviour;
  /** NAME of `[[job:NAME]]` in the prompt. */
  readonly job: string | undefined;
  /** The id which the gateway puts before the prompt of a cron run. */
  readonly jobId: string | undefined;
  readonly prompt: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** `cut`: the gateway hung up before it had the answer. */
  readonly end?: "answered" | "failed" | "cut";
}

type Pending = { -readonly [Key in keyof ModelRequest]: ModelRequest[Key] };

interface ChatRequest {
  readonly stream?: boolean;
  readonly messages?: readonly { readonly role: string; readonly content?: unknown }[];
}

/** An OpenAI-compatible model on loopback that does what the prompt says. */
export class FakeModel implements AsyncDisposable {
  readonly #server: Server;
  readonly #requests: Pending[] = [];
  readonly #held = new Map<number, () => void>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeModel> {
    const server = createServer();
    const model = new FakeModel(server);
    server.on("request", (request, response) => void model.#serve(request, response));
    server.requestTimeout = 0;
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    server.unref();
    return model;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  get requests(): readonly ModelRequest[] {
    return this.#requests;
  }

  /** The requests of the job whose prompt carries `[[job:NAME]]`. */
  of(job: string): readonly ModelRequest[] {
    return this.#requests.filter((request) => request.job === job);
  }

  /** Answers what hangs or delays, or only what the predicate picks; returns how many. */
  release(predicate: (request: ModelRequest) => boolean = () => true): number {
    const picked = this.#requests.filter((request) => this.#held.has(request.id) && predicate(request));
    for (const { id } of picked) this.#held.get(id)?.();
    return picked.length;
  }

  waitForRequest(predicate: (request: ModelRequest) => boolean, patience: Patience = {}): Promise<ModelRequest> {
    return until("the model got the request", () => this.#requests.find(predicate), { interval: 20, ...patience });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.endsWith("/models")) {
      return json(response, 200, { object: "list", data: [{ id: "fake-1", object: "model" }] });
    }
    if (!request.url?.endsWith("/chat/completions")) return json(response, 404, {});
    const chat = (await body(request)) as ChatRequest;
    const entry = this.#note(chat);
    response.once("close", () => {
      this.#held.delete(entry.id);
      entry.end ??= "cut";
      entry.endedAt ??= Date.now();
    });
    await this.#behave(entry, response, chat.stream === true);
  }

  #note(chat: ChatRequest): Pending {
    const prompt = textOf(chat.messages?.findLast(({ role }) => role === "user")?.content);
    const entry: Pending = {
      id: this.#requests.length + 1,
      behaviour: behaviourIn(prompt),
      job: /\[\[job:([^\]]+)\]\]/.exec(prompt)?.[1],
      jobId: /\[cron:([0-9a-f-]{36})/.exec(prompt)?.[1],
      prompt,
      startedAt: Date.now(),
    };
    this.#requests.push(entry);
    return entry;
  }

  async #behave(entry: Pending, response: ServerResponse, streamed: boolean): Promise<void> {
    const { behaviour } = entry;
    switch (behaviour.kind) {
      case "answer":
        break;
      case "error":
        entry.end = "failed";
        return json(response, behaviour.status, { error: { message: `fake error ${behaviour.status}`, type: "fake" } });
      case "hang":
        await this.#hold(entry.id, response);
        break;
      case "delay":
        await this.#hold(entry.id, response, behaviour.seconds * 1000);
        break;
      case "stream":
        await drip(response, entry.id, behaviour.seconds * 1000);
        break;
    }
    if (response.destroyed) return;
    entry.end = "answered";
    entry.endedAt = Date.now();
    if (streamed) finish(response, entry.id);
    else
      json(response, 200, { ...frame(entry.id), object: "chat.completion", choices: [whole(entry.id)], usage: USAGE });
  }

  #hold(id: number, response: ServerResponse, milliseconds?: number): Promise<void> {
    return new Promise((release) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(release, milliseconds).unref();
      const done = (): void => {
        clearTimeout(timer);
        this.#held.delete(id);
        release();
      };
      this.#held.set(id, done);
      response.once("close", done);
    });
  }
}

const USAGE = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 };

function behaviourIn(prompt: string): Behaviour {
  const [, kind, amount] = /\[\[(answer|hang|delay|error|stream)(?::([\d.]+))?\]\]/.exec(prompt) ?? [];
  switch (kind) {
    case "hang":
      return { kind };
    case "delay":
    case "stream":
      return { kind, seconds: Number(amount ?? 1) };
    case "error":
      return { kind, status: Number(amount ?? 500) };
    default:
      return { kind: "answer" };
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: { text?: string }) => part.text ?? "").join(" ");
}

async function body(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function frame(id: number): Record<string, unknown> {
  return { id: `chat-${id}`, created: Math.floor(Date.now() / 1000), model: "fake-1" };
}

function whole(id: number): unknown {
  return { index: 0, message: { role: "assistant", content: `fake answer ${id}` }, finish_reason: "stop" };
}

function chunk(response: ServerResponse, id: number, rest: Record<string, unknown>): void {
  if (response.destroyed) return;
  if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(`data: ${JSON.stringify({ ...frame(id), object: "chat.completion.chunk", ...rest })}\n\n`);
}

function delta(response: ServerResponse, id: number, content: string): void {
  chunk(response, id, { choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }] });
}

async function drip(response: ServerResponse, id: number, milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (performance.now() < deadline && !response.destroyed) {
    delta(response, id, ". ");
    await sleep(300, undefined, { ref: false });
  }
}

function finish(response: ServerResponse, id: number): void {
  delta(response, id, `fake answer ${id}`);
  chunk(response, id, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  chunk(response, id, { choices: [], usage: USAGE });
  response.end("data: [DONE]\n\n");
}
