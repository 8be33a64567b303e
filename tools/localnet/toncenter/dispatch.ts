/** One call of the API: from a method name and parameters to an HTTP status and a JSON body. */
import { LocalnetError, MessageRejectedError } from '../errors';
import { Methods } from './methods';
import { ApiError, INVALID_REQUEST, Params } from './params';

export type Reply = { status: number; body: Record<string, unknown> };

const SERVER_ERROR = 500;

function failure(code: number, error: string): Reply {
    return { status: code, body: { ok: false, error, code } };
}

export function describeError(e: unknown): { code: number; error: string } {
    if (e instanceof ApiError) return { code: e.code, error: e.message };
    if (e instanceof MessageRejectedError) {
        return {
            code: SERVER_ERROR,
            error: `LITE_SERVER_UNKNOWN: cannot apply external message to current state : ${e.message}`,
        };
    }
    if (e instanceof LocalnetError) return { code: INVALID_REQUEST, error: e.message };
    return { code: SERVER_ERROR, error: e instanceof Error ? e.message : String(e) };
}

export async function dispatch(methods: Methods, method: unknown, params: unknown): Promise<Reply> {
    if (typeof method !== 'string' || !Object.hasOwn(methods, method)) {
        return failure(INVALID_REQUEST, `Unknown method "${String(method).slice(0, 100)}"`);
    }
    if (params !== undefined && params !== null && (typeof params !== 'object' || Array.isArray(params))) {
        return failure(INVALID_REQUEST, 'Parameters must be an object');
    }
    try {
        const result = await methods[method](new Params((params ?? {}) as Record<string, unknown>));
        return { status: 200, body: { ok: true, result } };
    } catch (e) {
        const { code, error } = describeError(e);
        return failure(code, error);
    }
}

export async function dispatchJsonRpc(methods: Methods, text: string): Promise<Reply> {
    let call: { method?: unknown; params?: unknown; id?: unknown } | null;
    try {
        call = JSON.parse(text) as typeof call;
    } catch {
        return failure(INVALID_REQUEST, 'The request is not JSON');
    }
    if (typeof call !== 'object' || call === null) return failure(INVALID_REQUEST, 'The request is not an object');
    const reply = await dispatch(methods, call.method, call.params);
    return { status: reply.status, body: { ...reply.body, jsonrpc: '2.0', id: call.id ?? null } };
}
