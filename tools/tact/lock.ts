/**
 * One build at a time per directory. Two terminals running `npm test` would otherwise delete and write the same files
 * under each other.
 */
import * as fs from 'fs';
import * as path from 'path';

const POLL_MS = 100;

function holderIsAlive(file: string): boolean {
    try {
        process.kill(Number(fs.readFileSync(file, 'utf8')), 0);
        return true;
    } catch (error) {
        // EPERM: alive, but somebody else's. Anything else: no such process, or the lock has just been released.
        return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
}

export async function withLock<T>(file: string, body: () => Promise<T>): Promise<T> {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    // The content is written before the lock appears under its name: nobody can see a lock without a holder.
    const candidate = `${file}.${process.pid}`;
    fs.writeFileSync(candidate, String(process.pid));
    try {
        for (;;) {
            try {
                fs.linkSync(candidate, file);
                break;
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
                if (holderIsAlive(file)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
                else fs.rmSync(file, { force: true }); // left behind by a killed build
            }
        }
    } finally {
        fs.rmSync(candidate, { force: true });
    }
    try {
        return await body();
    } finally {
        fs.rmSync(file, { force: true });
    }
}
