/** Reading request parameters: the same for JSON bodies (typed values) and query strings (text). */
import { Address, Cell } from '@ton/core';

/** An error that is the client's to see, with the HTTP status toncenter would give it. */
export class ApiError extends Error {
    constructor(
        readonly code: number,
        message: string,
    ) {
        super(message);
    }
}

export const INVALID_REQUEST = 422;
export const BAD_ADDRESS = 416;

export class Params {
    constructor(private readonly values: Record<string, unknown>) {}

    has(name: string): boolean {
        const v = this.values[name];
        return v !== undefined && v !== null && v !== '';
    }

    raw(name: string): unknown {
        if (!this.has(name)) throw new ApiError(INVALID_REQUEST, `Parameter "${name}" is required`);
        return this.values[name];
    }

    string(name: string): string {
        const v = this.raw(name);
        if (typeof v !== 'string' && typeof v !== 'number') {
            throw new ApiError(INVALID_REQUEST, `Parameter "${name}" must be a string`);
        }
        return String(v);
    }

    address(name: string): Address {
        const text = this.string(name);
        try {
            return Address.parse(text);
        } catch {
            throw new ApiError(BAD_ADDRESS, `Incorrect address: "${text.slice(0, 100)}"`);
        }
    }

    bigint(name: string, fallback?: bigint): bigint {
        if (!this.has(name) && fallback !== undefined) return fallback;
        const text = this.string(name);
        if (!/^-?\d{1,40}$/.test(text)) throw new ApiError(INVALID_REQUEST, `Parameter "${name}" must be an integer`);
        return BigInt(text);
    }

    int(name: string, range: { min: number; max: number; fallback?: number }): number {
        const value = this.bigint(name, range.fallback === undefined ? undefined : BigInt(range.fallback));
        if (value < BigInt(range.min) || value > BigInt(range.max)) {
            throw new ApiError(INVALID_REQUEST, `Parameter "${name}" must be from ${range.min} to ${range.max}`);
        }
        return Number(value);
    }

    bool(name: string, fallback: boolean): boolean {
        if (!this.has(name)) return fallback;
        const v = this.values[name];
        if (v === true || v === 'true' || v === 1 || v === '1') return true;
        if (v === false || v === 'false' || v === 0 || v === '0') return false;
        throw new ApiError(INVALID_REQUEST, `Parameter "${name}" must be true or false`);
    }

    /** 32 bytes in hex or base64 (both alphabets), as the clients in use send them. */
    hash(name: string): Buffer {
        const text = this.string(name);
        const bytes = /^[0-9a-f]{64}$/i.test(text)
            ? Buffer.from(text, 'hex')
            : Buffer.from(text.replace(/-/g, '+').replace(/_/g, '/'), 'base64');
        if (bytes.length !== 32) throw new ApiError(INVALID_REQUEST, `Parameter "${name}" must be a 32-byte hash`);
        return bytes;
    }

    cell(name: string): Cell {
        return decodeCell(this.string(name), `Parameter "${name}"`);
    }
}

export function decodeCell(base64: string, what: string): Cell {
    try {
        const cells = Cell.fromBoc(Buffer.from(base64.replace(/-/g, '+').replace(/_/g, '/'), 'base64'));
        if (cells.length === 1) return cells[0];
    } catch {
        // reported below
    }
    throw new ApiError(INVALID_REQUEST, `${what} is not a bag of cells with one root in base64`);
}
