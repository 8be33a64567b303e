/**
 * The chain's clock.
 *
 * "wall": the wall clock plus a shift that advance() enlarges; it never goes back.
 * "manual": moves only by advance() and by one second per message, so that a run can be repeated exactly.
 */
import { LocalnetError } from './errors';

export type ClockState = { mode: 'wall'; shift: number } | { mode: 'manual' };

export function wallClock(): number {
    return Math.floor(Date.now() / 1000);
}

export class Clock {
    constructor(
        readonly state: ClockState,
        /** time of the last block */
        readonly last: number,
        private readonly wall: () => number,
    ) {}

    /** What a contract's now() gives at this moment. */
    get now(): number {
        return this.state.mode === 'wall' ? Math.max(this.last, this.wall() + this.state.shift) : this.last;
    }

    /** The clock as of the next block. */
    tick(): Clock {
        const time = this.state.mode === 'wall' ? this.now : this.last + 1;
        return new Clock(this.state, time, this.wall);
    }

    advance(seconds: number): Clock {
        if (!Number.isSafeInteger(seconds) || seconds < 0) {
            throw new LocalnetError(`The clock moves forward by whole seconds only, got ${seconds}`);
        }
        const target = this.now + seconds;
        if (target > 0xffffffff) throw new LocalnetError('The clock would leave the range of a 32-bit time');
        if (this.state.mode === 'manual') return new Clock(this.state, target, this.wall);
        // measured from the chain's present time, which may be ahead of wall clock + shift
        return new Clock({ mode: 'wall', shift: target - this.wall() }, target, this.wall);
    }
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 7 * 86_400 };

/** Reads durations such as 90, 90s, 15m, 36h, 7d, 2w, 1d12h. */
export function parseDuration(text: string): number {
    const trimmed = text.trim().toLowerCase();
    if (/^\d+$/.test(trimmed)) return Number(trimmed);
    if (!/^(\d+[smhdw])+$/.test(trimmed)) {
        throw new LocalnetError(`"${text}" is not a duration; write seconds or e.g. 15m, 36h, 7d, 2w, 1d12h`);
    }
    return [...trimmed.matchAll(/(\d+)([smhdw])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit], 0);
}
