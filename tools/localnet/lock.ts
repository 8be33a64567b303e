/**
 * One writer per folder.
 *
 * The lock is a file created with O_EXCL that names its owner by process id and, where the system tells it, by the
 * start time of that process: a process id alone is reused quickly inside containers, and a lock left by a killed
 * process must not keep the folder shut.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { randomBytes } from 'node:crypto';
import { FolderInUseError } from './errors';

const LOCK_FILE = 'lock';
const ATTEMPTS = 20;

type Owner = { pid: number; started: string | null; token: string };

/** Start time of a live process in clock ticks (Linux), null if unknown, undefined if the process is gone. */
function processStart(pid: number): string | null | undefined {
    try {
        process.kill(pid, 0);
    } catch (e) {
        // EPERM: the process exists and belongs to somebody else
        if ((e as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
    }
    let stat: string;
    try {
        stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    } catch {
        return null;
    }
    // the second field is the command in parentheses and may itself contain spaces and parentheses
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function parseOwner(text: string): Owner | undefined {
    try {
        const owner = JSON.parse(text) as Owner;
        return Number.isSafeInteger(owner.pid) && owner.pid > 0 ? owner : undefined;
    } catch {
        return undefined;
    }
}

function isAlive(owner: Owner): boolean {
    const started = processStart(owner.pid);
    if (started === undefined) return false;
    return started === null || owner.started === null || started === owner.started;
}

export class FolderLock {
    private constructor(
        private readonly file: string,
        private readonly content: string,
    ) {}

    static acquire(dir: string): FolderLock {
        const file = path.join(dir, LOCK_FILE);
        const token = randomBytes(8).toString('hex');
        const owner: Owner = { pid: process.pid, started: processStart(process.pid) ?? null, token };
        const content = JSON.stringify(owner);
        const draft = `${file}.${token}`;
        // written apart and linked into place: a lock file is never seen half written
        fs.writeFileSync(draft, content);
        try {
            for (let i = 0; i < ATTEMPTS; i++) {
                try {
                    fs.linkSync(draft, file);
                    return new FolderLock(file, content);
                } catch (e) {
                    if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e;
                }
                FolderLock.breakIfStale(dir, file, token);
            }
            throw new Error(`Could not lock ${file}: other processes keep taking and leaving it`);
        } finally {
            fs.rmSync(draft, { force: true });
        }
    }

    private static breakIfStale(dir: string, file: string, token: string) {
        let seen: string;
        try {
            seen = fs.readFileSync(file, 'utf8');
        } catch (e) {
            if ((e as NodeJS.ErrnoException).code === 'ENOENT') return; // released in between
            throw e;
        }
        const owner = parseOwner(seen);
        if (owner && isAlive(owner)) throw new FolderInUseError(dir, owner.pid);
        // Moved aside first: of several processes that saw the same stale lock only one gets the file, and if it
        // turns out to be a fresh lock taken in between, it is put back.
        const aside = `${file}.${token}.stale`;
        try {
            fs.renameSync(file, aside);
        } catch (e) {
            if ((e as NodeJS.ErrnoException).code === 'ENOENT') return;
            throw e;
        }
        try {
            if (fs.readFileSync(aside, 'utf8') !== seen) fs.linkSync(aside, file);
        } finally {
            fs.rmSync(aside, { force: true });
        }
    }

    /** Removes the lock, unless somebody else's lock is there by now. */
    release() {
        try {
            if (fs.readFileSync(this.file, 'utf8') === this.content) fs.unlinkSync(this.file);
        } catch (e) {
            if ((e as NodeJS.ErrnoException).code !== 'ENOENT') throw e;
        }
    }
}
