import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { Home } from "./home.ts";
import { RpcError } from "./rpc-error.ts";
import type { Patience } from "./until.ts";

interface Frame {
  readonly type: "event" | "res";
  readonly id?: string;
  readonly event?: string;
  readonly ok?: boolean;
  readonly payload?: unknown;
  readonly error?: { readonly code?: string; readonly message?: string; readonly details?: unknown };
}

interface Waiting {
  readonly method: string;
  readonly settle: (payload: unknown) => void;
  readonly fail: (error: Error) => void;
}

const SCOPES = ["operator.admin", "operator.read", "operator.write", "operator.approvals", "operator.pairing"] as const;
const CLIENT = { id: "gateway-client", version: "0.0.0", platform: "test", mode: "backend" } as const;

/** A connection to the gateway's WebSocket, as an operator with all scopes. Works on every generation. */
export class Rpc {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, Waiting>();
  #sequence = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("close", ({ code, reason }) => this.#end(new RpcError("CLOSED", `${code} ${reason}`)));
    socket.addEventListener("error", () => this.#end(new RpcError("CLOSED", "the socket failed")));
  }

  /** A gateway that has just become ready may answer "starting"; that is waited for. */
  static async connect(home: Home, { timeout = 20_000 }: Patience = {}): Promise<Rpc> {
    const deadline = performance.now() + timeout;
    for (;;) {
      try {
        return await Rpc.#attempt(home, deadline - performance.now());
      } catch (error) {
        const starting = error instanceof RpcError && (error.code === "UNAVAILABLE" || error.code === "CLOSED");
        if (!starting || performance.now() > deadline) throw error;
        await new Promise((later) => setTimeout(later, 200));
      }
    }
  }

  static async #attempt(home: Home, timeout: number): Promise<Rpc> {
    const socket = new WebSocket(`ws://127.0.0.1:${home.port}`);
    const rpc = new Rpc(socket);
    const challenge = new Promise<Challenge>((settle, fail) => {
      rpc.#waiting.set("challenge", { method: "connect", settle: (payload) => settle(payload as Challenge), fail });
    });
    socket.addEventListener("message", ({ data }) => rpc.#receive(JSON.parse(String(data)) as Frame));
    const timer = setTimeout(() => socket.close(), Math.max(timeout, 1));
    try {
      await rpc.call("connect", hello(home, await challenge), { timeout });
      return rpc;
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  call<T = unknown>(method: string, params: object = {}, { timeout = 30_000 }: Patience = {}): Promise<T> {
    this.#sequence += 1;
    const id = String(this.#sequence);
    return new Promise<T>((settle, fail) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        fail(new RpcError("TIMEOUT", `${method} did not answer within ${timeout} ms`));
      }, timeout);
      this.#waiting.set(id, {
        method,
        settle: (payload) => {
          clearTimeout(timer);
          settle(payload as T);
        },
        fail: (error) => {
          clearTimeout(timer);
          fail(error);
        },
      });
      this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
    this.#end(new RpcError("CLOSED", "the test closed the connection"));
  }

  #receive(frame: Frame): void {
    const key = frame.type === "res" ? frame.id : frame.event === "connect.challenge" ? "challenge" : undefined;
    const waiting = key === undefined ? undefined : this.#waiting.get(key);
    if (key === undefined || waiting === undefined) return;
    this.#waiting.delete(key);
    if (frame.type === "event" || frame.ok) waiting.settle(frame.payload);
    else
      waiting.fail(
        new RpcError(
          frame.error?.code ?? "UNKNOWN",
          `${waiting.method}: ${frame.error?.message}`,
          frame.error?.details,
        ),
      );
  }

  #end(error: RpcError): void {
    for (const waiting of this.#waiting.values()) waiting.fail(error);
    this.#waiting.clear();
  }
}

interface Challenge {
  readonly nonce: string;
  readonly ts?: number;
}

/** Old gateways give a token client no scopes without a device; any new key pair is one. */
function hello(home: Home, { nonce, ts = Date.now() }: Challenge): object {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  const id = createHash("sha256").update(raw).digest("hex");
  const signed = [
    "v3",
    id,
    CLIENT.id,
    CLIENT.mode,
    "operator",
    SCOPES.join(),
    ts,
    home.token,
    nonce,
    CLIENT.platform,
    "",
  ];
  return {
    minProtocol: 3,
    maxProtocol: 4,
    client: CLIENT,
    role: "operator",
    scopes: SCOPES,
    caps: [],
    auth: { token: home.token },
    device: {
      id,
      publicKey: raw.toString("base64url"),
      signature: sign(null, Buffer.from(signed.join("|")), privateKey).toString("base64url"),
      signedAt: ts,
      nonce,
    },
  };
}
