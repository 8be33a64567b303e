/** Jest as a child process, the way the tools start it. */
import { spawn } from 'child_process';
import { REPOSITORY_ROOT } from '../tact/project';

export async function runJest(args: string[], env: Record<string, string>): Promise<number> {
    const child = spawn(process.execPath, [require.resolve('jest/bin/jest'), ...args], {
        cwd: REPOSITORY_ROOT,
        env: { ...process.env, ...env },
        stdio: 'inherit',
    });
    return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code) => resolve(code ?? 1));
    });
}
