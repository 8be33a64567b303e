/**
 * The HTTP door: toncenter v2 (JSON-RPC and REST) and the transaction list of TON API on a loopback port.
 *
 * A reply to sendBoc is given after the message and everything that followed from it is on disk.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { LocalChain } from './engine';
import { stringifyBig, tonapi } from './tonapi';
import { describeError, dispatch, dispatchJsonRpc, Reply } from './toncenter/dispatch';
import { Methods, toncenterMethods } from './toncenter/methods';

const HOST = '127.0.0.1';
const API_PREFIX = '/api/v2/';
/** far above any message (64 KB) and any sensible getter argument */
const MAX_BODY = 4 * 1024 * 1024;
const CORS = {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': '*',
};
const NOT_FOUND = 404;
const NOT_ALLOWED = 405;
const TOO_LARGE = 413;

class BodyTooLarge extends Error {}

async function readBody(req: http.IncomingMessage): Promise<string> {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of req as AsyncIterable<Buffer>) {
        size += part.length;
        if (size > MAX_BODY) throw new BodyTooLarge();
        parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
}

function fail(status: number, error: string): Reply {
    return { status, body: { ok: false, error, code: status } };
}

function parseRestBody(text: string): unknown {
    if (text.trim() === '') return {};
    return JSON.parse(text);
}

export class LocalServer {
    private readonly methods: Methods;
    private readonly server: http.Server;

    private constructor(private readonly chain: LocalChain) {
        this.methods = toncenterMethods(chain);
        this.server = http.createServer((req, res) => {
            this.handle(req).then(
                (reply) => send(res, reply),
                (e) => send(res, e instanceof BodyTooLarge ? fail(TOO_LARGE, 'Request too large') : asReply(e)),
            );
        });
    }

    /** @param port 0 takes any free port */
    static async listen(chain: LocalChain, port: number): Promise<LocalServer> {
        const s = new LocalServer(chain);
        await new Promise<void>((resolve, reject) => {
            s.server.once('error', reject);
            s.server.listen(port, HOST, resolve);
        });
        return s;
    }

    get port(): number {
        return (this.server.address() as AddressInfo).port;
    }

    get url(): string {
        return `http://${HOST}:${this.port}`;
    }

    /** Address for TonClient and `blueprint run --custom`. */
    get endpoint(): string {
        return `${this.url}${API_PREFIX}jsonRPC`;
    }

    /** Finishes the requests in progress and stops listening; the chain stays open. */
    async close(): Promise<void> {
        const closed = new Promise<void>((resolve, reject) => this.server.close((e) => (e ? reject(e) : resolve())));
        this.server.closeIdleConnections();
        await closed;
    }

    private async handle(req: http.IncomingMessage): Promise<Reply> {
        if (req.method === 'OPTIONS') return { status: 200, body: {} };
        const url = new URL(req.url ?? '/', this.url);
        if (req.method !== 'GET' && req.method !== 'POST') return fail(NOT_ALLOWED, `Method ${req.method} not allowed`);
        const body = req.method === 'POST' ? await readBody(req) : '';
        if (url.pathname.startsWith(API_PREFIX)) return this.toncenter(url, req.method, body);
        if (req.method === 'GET') {
            const list = tonapi(this.chain, url);
            if (list !== undefined) return { status: 200, body: list as Record<string, unknown> };
        }
        return fail(NOT_FOUND, `Nothing at ${url.pathname.slice(0, 200)}`);
    }

    private async toncenter(url: URL, method: string, body: string): Promise<Reply> {
        const name = url.pathname.slice(API_PREFIX.length);
        if (name === 'jsonRPC') {
            return method === 'POST' ? dispatchJsonRpc(this.methods, body) : fail(NOT_ALLOWED, 'Use POST');
        }
        if (!Object.hasOwn(this.methods, name)) return fail(NOT_FOUND, `Unknown method "${name.slice(0, 100)}"`);
        let params: unknown;
        try {
            params = parseRestBody(body);
        } catch {
            return fail(422, 'The request is not JSON');
        }
        const query = Object.fromEntries(url.searchParams);
        return dispatch(this.methods, name, method === 'GET' ? query : { ...query, ...(params as object) });
    }
}

function asReply(e: unknown): Reply {
    const { code, error } = describeError(e);
    return fail(code, error);
}

function send(res: http.ServerResponse, reply: Reply) {
    if (res.destroyed) return;
    const text = stringifyBig(reply.body);
    // web pages are clients too, as they are of toncenter
    for (const [name, value] of Object.entries(CORS)) res.setHeader(name, value);
    // a client that is still uploading must not keep the connection
    if (reply.status === TOO_LARGE) res.setHeader('connection', 'close');
    res.writeHead(reply.status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    res.end(text);
}
